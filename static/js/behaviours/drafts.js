// The drafts on this device: each under its key, with the day it was last written.
const PREFIX = "draft:";
const DAYS_KEPT = 30;
const DAY = 86400000;

/** What was kept under `key`: `{ values, sendKey }`, or null. */
export function read(key) {
  return parse(PREFIX + key);
}

/** Keeps a draft; false where the device does not (private mode, no room left): the form works without. */
export function write(key, draft) {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify({ at: Date.now(), ...draft }));
    return true;
  } catch {
    return false;
  }
}

export function forget(key) {
  remove((name) => name === PREFIX + key);
}

/** Removes what is too old or cannot be read. */
export function forgetOld() {
  remove((name) => !parse(name));
}

/** Removes everything: whoever comes next to this device is somebody else. */
export function forgetAll() {
  remove(() => true);
}

function remove(isMeant) {
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
    for (const name of names.filter(isMeant)) localStorage.removeItem(name);
  } catch {
    // A browser that keeps nothing has nothing to remove.
  }
}

function parse(name) {
  try {
    const draft = JSON.parse(localStorage.getItem(name));
    return draft && Date.now() - draft.at < DAYS_KEPT * DAY ? draft : null;
  } catch {
    return null;
  }
}
