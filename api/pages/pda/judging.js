// What the expressions of a form are worth for some answers: the same as casework/fieldwork/forms/judging.py, tree for tree.
// Answers are texts, as an XForm carries them: choices parted by blanks, dates as 2026-03-02, "" where nothing was answered.
const NUMBER = /^\s*-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*$/;
const DAY = /^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T.*)?$/;
const CITY = "Asia/Shanghai";

const words = (text) => text.split(/\s+/).filter(Boolean);
const today = () => new Intl.DateTimeFormat("sv-SE", {timeZone: CITY}).format(new Date());

function truth(value) {
  return typeof value === "number" ? !Number.isNaN(value) && value !== 0 : Boolean(value);
}

function number(value) {
  if (typeof value !== "string") return Number(value);
  if (NUMBER.test(value)) return Number(value);
  const day = DAY.exec(value);
  const moment = day ? Date.parse(`${day[1]}T00:00:00Z`) : NaN;
  const real = !Number.isNaN(moment) && new Date(moment).toISOString().startsWith(day[1]); // 2026-02-30 is no day
  return real ? moment / 86_400_000 : NaN;
}

const text = (value) => String(value);

function same(left, right) {
  if (typeof left === "boolean" || typeof right === "boolean") return truth(left) === truth(right);
  if (typeof left === "number" || typeof right === "number") return number(left) === number(right);
  return left === right;
}

const RECKONED = {
  "<": (left, right) => left < right, "<=": (left, right) => left <= right, ">": (left, right) => left > right,
  ">=": (left, right) => left >= right, "+": (left, right) => left + right, "-": (left, right) => left - right,
  "*": (left, right) => left * right, div: (left, right) => left / right, mod: (left, right) => left % right,
  negative: (one) => -one,
};

const FUNCTIONS = {
  today, true: () => true, false: () => false, not: (one) => !truth(one),
  selected: (answer, choice) => words(text(answer)).includes(text(choice).trim()),
  regex: (answer, pattern) => new RegExp(`^(?:${pattern})$`).test(text(answer)),
  "count-selected": (answer) => words(text(answer)).length, "string-length": (answer) => [...text(answer)].length,
};

/** The value of a tree: text, number or truth. `answers` by question name, `here` the one being judged. */
export function evaluate(tree, answers, here) {
  if (!Array.isArray(tree)) return tree;
  const [what, ...inner] = tree;
  if (what === ".") return here;
  if (what === "$") return answers[inner[0]] ?? "";
  if (what === "or" || what === "and") { // the second is not looked at when the first decides
    const first = truth(evaluate(inner[0], answers, here));
    return first === (what === "or") ? first : truth(evaluate(inner[1], answers, here));
  }
  const values = inner.map((one) => evaluate(one, answers, here));
  if (Object.hasOwn(FUNCTIONS, what)) return FUNCTIONS[what](...values);
  if (what === "=" || what === "!=") return same(...values) === (what === "=");
  return RECKONED[what](...values.map(number));
}

/** Is it true? */
export const holds = (tree, answers, here = "") => truth(evaluate(tree, answers, here));
