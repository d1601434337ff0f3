// Logging in by name and password: as a screen, or over a page whose log-in has run out.
import {fault, field, make} from "./dom.js";
import {say} from "./language.js";
import {Away, Problem} from "./request.js";
import * as session from "./session.js";

function reasonOf(error) {
  if (error instanceof Away) return error.after ? say("login.slowly", {n: error.after}) : say("away");
  if (error instanceof Problem && error.status === 401) return say("login.wrong");
  throw error;
}

/** The form; `done(isAnother)` is called when somebody is in, and told whether it is somebody else than before. */
export function logInForm(done) {
  const login = make("input", {autocomplete: "username", autocapitalize: "none", spellcheck: "false"});
  const password = make("input", {type: "password", autocomplete: "current-password"});
  const wrong = make("p", {class: "fault", role: "alert", hidden: true});
  const submit = make("button", {type: "submit", class: "strong"}, say("login.go"));

  async function go(event) {
    event.preventDefault();
    wrong.hidden = true;
    const missing = [login, password].filter((control) => !control.value.trim());
    for (const control of [login, password]) fault(control, missing.includes(control) ? say("needed") : "");
    if (missing.length) return void missing[0].focus();
    submit.disabled = true;
    try {
      await done(await session.logIn(login.value.trim(), password.value));
    } catch (error) {
      wrong.textContent = reasonOf(error);
      wrong.hidden = false;
      password.value = "";
      password.focus();
    } finally {
      submit.disabled = false;
    }
  }

  return make("form", {class: "form login", onsubmit: go, novalidate: true},
    field(say("login.login"), login), field(say("login.password"), password), wrong, submit,
    make("p", {class: "hint"}, say("login.shared")));
}

let asking = null;

/** Resolves when the same person is logged in again; who gives up leaves the page for the log-in. */
export function logInAgain() {
  asking ??= new Promise((resolve) => {
    const box = make("dialog", {"aria-labelledby": "again"},
      make("h2", {id: "again"}, say("login.again")), make("p", {}, say("login.again_why")),
      logInForm((isAnother) => {
        if (isAnother) return void location.reload(); // what the former was writing is not for the next
        box.close();
        return resolve();
      }));
    box.addEventListener("cancel", (event) => { event.preventDefault(); location.reload(); });
    document.body.append(box);
    box.showModal();
    box.addEventListener("close", () => { box.remove(); asking = null; });
  });
  return asking;
}
