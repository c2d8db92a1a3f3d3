// The forms (modals) that the bot opens: texts, menus, and words to read.

import {act, byId, element} from "./dom.js";
import {markdown} from "./markdown.js";
import {chosenIn, isMenu, menuElement} from "./menus.js";

const ROW = 1, TEXT_INPUT = 4, WORDS = 10, LABEL = 18, PARAGRAPH = 2;

/** Do something that the bot may answer with a form; the form opens. */
export async function actAndOpen(name, body, view) {
  const answer = await act(name, body);
  if (answer?.form) openForm(answer.form, body.person, view);
  return answer;
}

function openForm(form, person, view) {
  const inputs = new Map(); // {custom id: what reads its value}
  const dialog = byId("form");
  const parts = form.parts.flatMap((part) => partElements(part, inputs, view));
  const send = element("button.send", {type: "submit"}, "Send");
  const cancel = element("button.secondary", {type: "button", on: {click: () => dialog.close()}}, "Cancel");
  const filled = element("form", {}, element("h3", {}, form.title), ...parts, element("div.buttons", {}, send, cancel));
  filled.addEventListener("submit", async (event) => {
    event.preventDefault();
    const values = Object.fromEntries([...inputs].map(([id, read]) => [id, read()]));
    send.disabled = true;
    const answer = await actAndOpen("fill", {person, interaction: form.interaction, values}, view);
    send.disabled = false;
    if (answer && !answer.form) dialog.close();
  });
  dialog.replaceChildren(filled);
  if (!dialog.open) dialog.showModal();
}

function partElements(part, inputs, view) {
  if (part.type === WORDS) return [markdown(element("div.content"), part.content, view.names)];
  if (part.type === ROW) return part.components.flatMap((each) => partElements(each, inputs, view));
  if (part.type === LABEL) return [labelled(part.label, part.description, inputOf(part.component, inputs))];
  return [labelled(part.label ?? "", "", inputOf(part, inputs))];
}

function labelled(label, description, input) {
  return element("label.option", {}, element("b", {}, label), description ? element("small", {}, description) : null, input);
}

function inputOf(component, inputs) {
  const required = component.required ?? true;
  if (isMenu(component)) {
    const menu = menuElement(component, {required});
    inputs.set(component.custom_id, () => chosenIn(menu));
    return menu;
  }
  if (component.type !== TEXT_INPUT) return element("small", {}, "This page cannot show this part of the form.");
  const input = component.style === PARAGRAPH ? element("textarea", {rows: 5}) : element("input", {type: "text"});
  input.required = required;
  input.placeholder = component.placeholder ?? "";
  if (component.max_length) input.maxLength = component.max_length;
  if (component.min_length) input.minLength = component.min_length;
  input.value = component.value ?? "";
  inputs.set(component.custom_id, () => input.value);
  return input;
}
