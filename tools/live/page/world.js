// What the page knows: one picture of everything, then every change, from the server's stream.

const MOST_KEPT = 300; // messages of a channel
const AGAIN = 1000; // milliseconds before a stream that was given up is tried again

export const world = {
  place: {channels: [], roles: [], members: []}, people: [], names: {users: {}, roles: {}}, commands: [], answers: {},
  health: null, messages: new Map(), unread: new Map(), connected: false,
};

const listeners = {};

/** Call `handler` when one of `names` has changed. */
export function when(names, handler) {
  for (const name of names.split(" ")) (listeners[name] ??= []).push(handler);
}

function tell(name, detail) {
  for (const handler of listeners[name] ?? []) handler(detail);
}

/** Ids sort by time; they are texts, because they are too long for numbers. */
export const byTime = (one, other) => one.length - other.length || (one < other ? -1 : Number(one > other));

/** The messages of a channel, {id: message}. */
export function messagesOf(channel) {
  if (!world.messages.has(channel)) world.messages.set(channel, new Map());
  return world.messages.get(channel);
}

export const channelOf = (id) => world.place.channels.find((channel) => channel.id === id);
export const personOf = (id) => world.people.find((person) => person.id === id);

/** A message that everybody or only one person sees, wherever it is. */
export function findMessage(id) {
  for (const messages of world.messages.values()) if (messages.has(id)) return messages.get(id);
  return Object.values(world.answers).flatMap((answer) => answer.messages).find((message) => message.id === id);
}

function takePicture(picture) {
  for (const name of ["place", "people", "names", "commands", "answers", "health"]) world[name] = picture[name];
  world.messages = new Map(Object.entries(picture.messages).map(
    ([channel, messages]) => [channel, new Map(messages.map((message) => [message.id, message]))]));
  world.unread.clear();
  for (const name of ["people", "place", "commands", "answers", "health", "messages"]) tell(name);
}

function keep(message) {
  const messages = messagesOf(message.channel_id);
  messages.set(message.id, message);
  if (messages.size > MOST_KEPT) messages.delete(messages.keys().next().value);
}

const changes = {
  message_create(message) {
    keep(message);
    world.unread.set(message.channel_id, (world.unread.get(message.channel_id) ?? 0) + 1);
    tell("new", message);
  },
  message_update(message) {
    if (messagesOf(message.channel_id).has(message.id)) keep(message);
  },
  message_delete({channel_id: channel, id}) {
    messagesOf(channel).delete(id);
  },
  message_delete_bulk({channel_id: channel, ids}) {
    for (const id of ids) messagesOf(channel).delete(id);
  },
};

/** Follow the stream for as long as the page is open. Most browsers connect again by themselves. */
export function follow() {
  const stream = new EventSource("/stream");
  const on = (name, handler) => stream.addEventListener(name, (event) => handler(JSON.parse(event.data)));
  on("picture", takePicture);
  for (const name of ["place", "people", "names", "commands", "answers", "health"]) {
    on(name, (data) => { world[name] = data; tell(name); });
  }
  for (const [name, change] of Object.entries(changes)) on(name, (data) => { change(data); tell("messages"); });
  stream.onopen = () => { world.connected = true; tell("health"); };
  stream.onerror = () => {
    world.connected = false;
    tell("health");
    if (stream.readyState === EventSource.CLOSED) setTimeout(follow, AGAIN);
  };
}
