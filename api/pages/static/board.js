// Keeps the live board true: asks for the figures every few seconds and writes what changed.
const EVERY = 5000;
const words = JSON.parse(document.getElementById("words").textContent);
const clock = new Intl.DateTimeFormat("sv-SE", {timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "medium"});
const short = new Intl.DateTimeFormat("sv-SE", {
  timeZone: "Asia/Shanghai", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit"});

const member = (board, path) => path.split(".").reduce((here, step) => here?.[step], board);

function cell(row, text, tag = "td") {
  const made = document.createElement(tag);
  made.textContent = text ?? "–";
  if (tag === "th") made.scope = "row";
  row.append(made);
  return made;
}

function dueRow(item, at) {
  const row = document.createElement("tr");
  cell(row, item.number, "th");
  for (const name of ["category", "area", "department"]) cell(row, item[name]);
  const due = cell(row, short.format(new Date(item.due_at)).replace(",", ""));
  if (new Date(item.due_at) < at) {
    row.className = "overdue";
    const mark = document.createElement("strong");
    mark.textContent = words["board.overdue"];
    due.append(" ", mark);
  }
  cell(row, words[`status.${item.status}`] ?? item.status);
  return row;
}

function show(board) {
  const at = new Date(board.at);
  const time = document.getElementById("at");
  time.dateTime = board.at;
  time.textContent = clock.format(at);
  for (const figure of document.querySelectorAll("[data-figure]")) {
    const value = member(board, figure.dataset.figure);
    const text = value === board.counted_at_most ? `${value}+` : String(value ?? "–");
    if (figure.textContent !== text) figure.textContent = text;
  }
  const due = board.due;
  document.getElementById("none").hidden = due.length > 0;
  const table = document.getElementById("due-table");
  table.hidden = due.length === 0;
  table.tBodies[0].replaceChildren(...due.map((item) => dueRow(item, at)));
}

async function refresh() {
  let lost = true;
  try {
    const answer = await fetch("/api/v1/board", {headers: {Accept: "application/json"}});
    if (answer.ok) {
      show(await answer.json());
      lost = false;
    }
  } catch {
    // The server is away: the note below says so, and the next turn asks again.
  }
  document.getElementById("lost").hidden = !lost;
  setTimeout(refresh, EVERY);
}

setTimeout(refresh, EVERY);
