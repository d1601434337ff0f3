// Posts: a role in a department or an area, held by somebody or vacant; and the departments themselves.
import {make, notice} from "../../dom.js";
import {say} from "../../language.js";
import {departments} from "../../reference.js";
import {address, call} from "../../server.js";
import {exportButton} from "../reports/export.js";
import {table} from "../stuck/part.js";
import {departmentName, departmentSelect, personField, roleName, roles} from "./parts/choosing.js";
import {doing, form, input, select} from "./parts/form.js";
import {chip, facts, filter, opener, pages, whole, withPane} from "./parts/list.js";
import {postFields, postWords} from "./people.js";

const POSTS = "/api/v1/admin/posts";

const holder = (one) => one.holder_name ?? chip(say("admin.vacant"), "wait");

const done = (pane, reload) => async () => { notice(say("admin.done"), "good"); await reload(); pane.close(); };

async function shown(pane, one, reload) {
  const giving = form({
    submit: say("admin.post_hand"), fields: [{name: "holder_id", label: say("admin.person"), required: true, hint: say("admin.pick_hint"), ...personField()}],
    sure: () => say(one.holder_name ? "admin.post_change_sure" : "admin.post_hand_sure", {title: one.title, name: one.holder_name ?? ""}),
    send: (said) => call("POST", `${POSTS}/${one.id}/holder`, said), done: done(pane, reload)});
  pane.open(one.title, facts([[say("admin.role"), roleName(one.role)],
    [say("admin.department"), one.department_id && departmentName(await departments(), one.department_id)],
    [say("admin.area"), one.area_name ?? one.area_code], [say("admin.holder"), holder(one)]]), giving.box,
  one.holder_id && make("div", {class: "row"}, doing(say("admin.post_end"), {danger: true, kind: "danger",
    question: say("admin.post_end_sure", {title: one.title, name: one.holder_name}),
    work: () => call("POST", `${POSTS}/${one.id}/holder`, {holder_id: null}), done: async () => { await reload(); pane.close(); }})),
  !one.holder_id && make("div", {class: "row"}, doing(say("admin.post_abolish"), {danger: true, kind: "danger",
    question: say("admin.post_abolish_sure", {title: one.title}), work: () => call("DELETE", `${POSTS}/${one.id}`),
    done: async () => { await reload(); pane.close(); }})));
}

async function adding(pane, reload) {
  const made = form({
    submit: say("admin.post_add"), lead: say("admin.post_lead"),
    fields: [...await postFields(), {name: "holder_id", label: say("admin.holder"), hint: say("admin.holder_hint"), ...personField()}],
    sure: async (said) => say("admin.post_add_sure", {post: await postWords(said)}),
    send: (said) => call("POST", POSTS, said), done: done(pane, reload)});
  pane.open(say("admin.post_add"), made.box);
  made.focus();
}

function addingDepartment(pane, reload) {
  const made = form({
    submit: say("admin.department_add"),
    fields: [{name: "code", label: say("admin.code"), required: true, control: input("", {maxlength: 40})},
      {name: "name", label: say("admin.name"), required: true, control: input("", {maxlength: 120})}],
    sure: (said) => say("admin.department_sure", said),
    send: (said) => call("POST", "/api/v1/admin/departments", said), done: done(pane, reload)});
  pane.open(say("admin.department_add"), made.box);
  made.focus();
}

export async function show(room, me) {
  const role = select(roles(), "", say("admin.all"));
  const vacant = select([["true", say("admin.vacant")], ["false", say("admin.held")]], "", say("admin.all"));
  const department = await departmentSelect("", say("admin.all"));
  const where = async (one) => [one.department_id && departmentName(await departments(), one.department_id), one.area_name].filter(Boolean).join(" · ");
  const list = pages({
    label: say("posts"), none: say("admin.no_posts"),
    columns: [say("admin.post_title"), say("admin.role"), say("admin.where"), say("admin.holder"), say("stuck.do")],
    fetch: async (cursor) => {
      const told = await call("GET", address(POSTS, {role: role.value, department_id: department.value, vacant: vacant.value, cursor}));
      return {...told, items: await Promise.all(told.items.map(async (one) => ({...one, where: await where(one)})))};
    },
    row: (one) => [one.title, roleName(one.role), one.where || say("admin.whole_city"), holder(one),
      opener(one.id, say("admin.open"), () => shown(pane, one, list.load))],
  });
  const offices = whole(async () => table(say("admin.departments"), [say("admin.name"), say("admin.code"), say("admin.state")],
    (await departments({anew: true})).map((one) => [one.name, one.code, one.active ? chip(say("admin.active"), "good") : chip(say("admin.ended"))])));
  const pane = withPane(make("div", {class: "tools"}, filter(say("admin.role"), role, () => list.load()),
    filter(say("admin.department"), department, () => list.load()), filter(say("admin.holder"), vacant, () => list.load()),
    opener("add", say("admin.post_add"), () => adding(pane, list.load), "strong"), exportButton(me, "posts", () => ({role: role.value, department_id: department.value, vacant: vacant.value}))), list.box,
  make("div", {class: "head"}, make("h2", {}, say("admin.departments")),
    opener("department", say("admin.department_add"), () => addingDepartment(pane, offices.load)), exportButton(me, "departments")), offices.box);
  room.replaceChildren(pane.box);
  await Promise.all([list.load(), offices.load()]);
}
