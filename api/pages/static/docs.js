// Search through the operations and try them out against this server.
const entries = [...document.querySelectorAll(".entry")];
const wanted = document.getElementById("wanted");

function search() {
  const words = wanted.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const entry of entries) {
    entry.hidden = !words.every((word) => entry.dataset.words.includes(word));
    found += !entry.hidden;
  }
  for (const group of document.querySelectorAll(".group")) {
    group.hidden = !group.querySelector(".entry:not([hidden])");
  }
  document.getElementById("found").textContent = found;
}

function openLinked() {
  const entry = document.getElementById(location.hash.slice(1));
  if (entry?.matches(".entry")) entry.open = true;
}

function request(form) {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  const headers = new Headers();
  for (const credential of document.querySelectorAll("[data-header]")) {
    if (credential.value.trim()) headers.set(credential.dataset.header, credential.value.trim());
  }
  for (const input of form.querySelectorAll("[data-place]")) {
    if (!input.value) continue;
    if (input.dataset.place === "path") path = path.replace(`{${input.name}}`, encodeURIComponent(input.value));
    else if (input.dataset.place === "query") query.append(input.name, input.value);
    else headers.set(input.name, input.value);
  }
  const text = form.querySelector("textarea")?.value;
  const files = form.querySelector("input[type=file]");
  let body;
  if (files?.files.length) {
    body = new FormData();
    for (const [name, value] of Object.entries(JSON.parse(text || "{}"))) {
      body.append(name, typeof value === "string" ? value : JSON.stringify(value));
    }
    for (const file of files.files) body.append(files.dataset.field, file);
  } else if (text !== undefined) {
    body = text;
    headers.set("Content-Type", "application/json");
  }
  const address = path + (query.size ? `?${query}` : "");
  return new Request(address, {method: form.dataset.method, headers, body});
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

async function send(form) {
  const output = form.querySelector("output");
  const shown = document.createElement("pre");
  shown.tabIndex = 0;
  try {
    const answer = await fetch(request(form));
    shown.textContent = `${answer.status} ${answer.statusText}\n${pretty(await answer.text())}`;
  } catch (error) {
    shown.textContent = String(error);
  }
  output.replaceChildren(shown);
}

wanted.addEventListener("input", search);
document.getElementById("search").addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("submit", (event) => {
  if (!event.target.matches(".try")) return;
  event.preventDefault();
  send(event.target);
});
addEventListener("hashchange", openLinked);
openLinked();
