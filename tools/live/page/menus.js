// Menus of messages and forms: what can be chosen, and what stands chosen.

import {element} from "./dom.js";
import {world} from "./world.js";

export const STRING_MENU = 3, USER_MENU = 5, ROLE_MENU = 6, MENTIONABLE_MENU = 7, CHANNEL_MENU = 8;
const MENUS = new Set([STRING_MENU, USER_MENU, ROLE_MENU, MENTIONABLE_MENU, CHANNEL_MENU]);
const MOST_ROWS = 6; // of a menu in which several can be chosen

export const isMenu = (component) => MENUS.has(component.type);
const takesSeveral = (menu) => (menu.max_values ?? 1) > 1;

function choicesOf(menu) {
  if (menu.type === STRING_MENU) return menu.options;
  const chosen = new Set((menu.default_values ?? []).map((each) => each.id));
  return placesOf(menu).map((each) => ({label: each.name, value: each.id, default: chosen.has(each.id)}));
}

function placesOf(menu) {
  const {channels, roles, members} = world.place;
  if (menu.type === CHANNEL_MENU) {
    const fitting = channels.filter((each) => each.kind !== "dm")
      .filter((each) => !menu.channel_types?.length || menu.channel_types.includes(each.type));
    return fitting.map((each) => ({...each, name: `#${each.name}`}));
  }
  if (menu.type === ROLE_MENU) return roles;
  return menu.type === USER_MENU ? members : [...roles, ...members];
}

/** A <select>. Where one is chosen its first line says what the menu is for. */
export function menuElement(menu, {required = false} = {}) {
  const choices = choicesOf(menu);
  const several = takesSeveral(menu);
  const made = element("select.choice", {
    multiple: several, disabled: Boolean(menu.disabled), required, "aria-label": menu.placeholder ?? "choose",
  });
  if (several) made.size = Math.min(MOST_ROWS, Math.max(2, choices.length));
  else made.append(element("option", {value: ""}, menu.placeholder ?? "choose …"));
  for (const each of choices) {
    const text = each.description ? `${each.label}: ${each.description}` : each.label;
    made.append(element("option", {value: each.value, selected: Boolean(each.default)}, text));
  }
  return made;
}

export const chosenIn = (select) => [...select.selectedOptions].map((each) => each.value).filter(Boolean);

/** A menu of a message: where one is chosen it is sent at once, otherwise with the button beside it. */
export function messageMenu(menu, send) {
  const select = menuElement(menu);
  const several = takesSeveral(menu);
  if (!several) select.addEventListener("change", () => { if (select.value) send(chosenIn(select)); });
  const button = several ? element("button.secondary", {type: "button", on: {click: () => send(chosenIn(select))}}, "Choose these") : null;
  return element("div.menu-row", {}, several && menu.placeholder ? element("small", {}, menu.placeholder) : null, select, button);
}
