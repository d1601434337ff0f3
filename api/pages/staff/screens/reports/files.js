// A file that only who is logged in may have: fetched with the token, then saved by the browser.
import {make} from "../../dom.js";
import {Away, Problem} from "../../request.js";
import * as session from "../../session.js";

async function fetched(path) {
  try {
    return await fetch(path, {cache: "no-store", credentials: "omit", redirect: "error", headers: await session.headers()});
  } catch (error) {
    throw new Away(error.message);
  }
}

/** Fetch a file and let the browser save it under this name. Raises Away and Problem. */
export async function save(path, name) {
  let answer = await fetched(path);
  if (answer.status === 401 && await session.renew()) answer = await fetched(path);
  if (!answer.ok) {
    const document = await answer.json().catch(() => null);
    throw new Problem(answer.status, document, answer.headers);
  }
  keep(await answer.blob(), name);
}

const MINUTE = 60_000;

function keep(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = make("a", {href: url, download: name, hidden: true});
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), MINUTE);
}
