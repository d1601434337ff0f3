// People: found by a part of the name, added with a first post, given posts, locked out when they leave.
import {make, notice} from "../../dom.js";
import {say} from "../../language.js";
import {departments} from "../../reference.js";
import {address, call} from "../../server.js";
import {DEPARTMENTAL, areaField, departmentName, departmentSelect, roleName, roles} from "./parts/choosing.js";
import {doing, form, input, select} from "./parts/form.js";
import {chip, filter, opener, pages, search, whole, withPane} from "./parts/list.js";
import {exportButton} from "../reports/export.js";
import {table} from "../stuck/part.js";

const USERS = "/api/v1/admin/users";
const POSTS = "/api/v1/admin/posts";

const state = (one) => (one.active ? chip(say("admin.active"), "good") : chip(say("admin.locked"), "alarm"));

const password = (required) => ({name: "password", label: say("admin.password"), hint: say("admin.password_hint"), required,
  control: input("", {type: "password", autocomplete: "new-password"})});

/** What a post is made of; departments are wanted by some roles, an area by grid workers. */
export async function postFields(prefix = "") {
  const named = (name) => [`${prefix}${name}`];
  const area = areaField();
  return [
    {name: "title", also: named("title"), label: say("admin.post_title"), required: true, control: input("", {maxlength: 120})},
    {name: "role", also: named("role"), label: say("admin.role"), required: true, control: select(roles(), "", say("admin.choose"))},
    {name: "department_id", also: named("department_id"), label: say("admin.department"), hint: say("admin.department_hint"),
      control: await departmentSelect()},
    {name: "area_code", also: named("area_code"), label: say("admin.area"), hint: say("admin.area_hint"), ...area},
  ];
}

/** A post as one reads it before it is given. */
export const postWords = async (said) => [said.title, roleName(said.role),
  said.department_id && departmentName(await departments(), said.department_id), said.area_code].filter(Boolean).join(" · ");

async function adding(pane, reload) {
  const made = form({
    lead: say("admin.person_lead"), submit: say("admin.person_add"),
    fields: [
      {name: "login", label: say("login.login"), required: true, hint: say("admin.login_hint"), control: input("", {maxlength: 80, autocapitalize: "none"})},
      {name: "name", label: say("admin.name"), required: true, control: input("", {maxlength: 80})},
      password(false), ...await postFields("post.")],
    sure: async (said) => say("admin.person_sure", {name: said.name, post: await postWords(said)}),
    send: ({login, name, password: secret, ...post}) => call("POST", USERS, {login, name, ...(secret && {password: secret}), post}),
    done: async (person) => { notice(say("admin.person_added", {name: person.name}), "good"); await reload(); await shown(pane, person, reload); },
  });
  pane.open(say("admin.person_add"), made.box);
  made.focus();
}

function postsOf(person, again) {
  const part = whole(async () => {
    const [{items}, list] = await Promise.all([call("GET", address(POSTS, {holder_id: person.id, limit: 100})), departments()]);
    if (!items.length) return make("p", {class: "quiet"}, say("admin.no_posts"));
    return table(say("admin.posts"), [say("admin.post_title"), say("admin.role"), say("admin.where"), say("stuck.do")], items.map((one) => [
      one.title, roleName(one.role), [one.department_id && departmentName(list, one.department_id), one.area_name].filter(Boolean).join(" · ")
        || say("admin.whole_city"),
      doing(say("admin.post_end"), {question: say("admin.post_end_sure", {name: person.name, title: one.title}), danger: true,
        work: () => call("POST", `${POSTS}/${one.id}/holder`, {holder_id: null}), done: again})]));
  });
  part.load();
  return part.box;
}

/** One person: posts, password, the lock. */
async function shown(pane, person, reload) {
  const again = () => shown(pane, person, reload);
  const giving = form({
    submit: say("admin.post_give"), fields: await postFields(),
    sure: async (said) => say("admin.post_give_sure", {name: person.name, post: await postWords(said)}),
    send: (said) => call("POST", POSTS, {...said, holder_id: person.id}),
    done: () => { notice(say("admin.done"), "good"); return again(); },
  });
  const reset = form({
    submit: say("admin.password_set"), fields: [password(true)],
    sure: () => say("admin.password_sure", {name: person.name}),
    send: (said) => call("POST", `${USERS}/${person.id}/password`, said),
    done: () => { notice(say("admin.done"), "good"); return again(); },
  });
  const verb = person.active ? "deactivate" : "activate";
  const lock = doing(say(person.active ? "admin.lock" : "admin.unlock"), {
    question: say(person.active ? "admin.lock_sure" : "admin.unlock_sure", {name: person.name}), danger: person.active, kind: person.active ? "danger" : "",
    work: () => call("POST", `${USERS}/${person.id}/${verb}`),
    done: async () => { await reload(); await shown(pane, {...person, active: !person.active}, reload); }});
  pane.open(person.name, make("p", {}, person.login, " ", state(person)), make("h3", {}, say("admin.posts")), postsOf(person, again),
    person.active && make("details", {}, make("summary", {}, say("admin.post_give")), giving.box),
    person.active && make("details", {}, make("summary", {}, say("admin.password_set")), reset.box), make("div", {class: "row"}, lock));
}

export function show(room, me) {
  const who = search(say("admin.person_find"), () => list.load());
  const active = select([["true", say("admin.active")], ["false", say("admin.locked")]], "", say("admin.all"));
  const list = pages({
    label: say("people"), none: say("admin.nobody"), columns: [say("admin.name"), say("login.login"), say("admin.state"), say("stuck.do")],
    fetch: (cursor) => call("GET", address(USERS, {q: who.text(), active: active.value, cursor})),
    row: (one) => [one.name, one.login, state(one), opener(one.id, say("admin.open"), () => shown(pane, one, list.load))],
  });
  const pane = withPane(make("div", {class: "tools"}, who.box, filter(say("admin.state"), active, () => list.load()),
    opener("add", say("admin.person_add"), () => adding(pane, list.load), "strong"), exportButton(me, "users", () => ({q: who.text(), active: active.value}))), list.box);
  room.replaceChildren(pane.box);
  return list.load();
}
