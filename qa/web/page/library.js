// Runs inside gr.HTML, whose value is the conversation of this tab; stores all conversations in the browser (IndexedDB).
// A record: { id, title, updated, draft, scope, deleted, exchanges }. What two tabs store of one conversation is merged.
const dialog = element.querySelector('dialog');
const list = element.querySelector('.all');
const search = element.querySelector('.find');
const undo = element.querySelector('.undo');
const ID = /^[0-9a-f]{12}$/;
const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, '0')).join('');
const idInAddress = () => new URLSearchParams(location.search).get('c') || '';
const box = () => document.querySelector('#ask textarea');
const exchanges = () => ((props.value && props.value.exchanges) || []).map((exchange) => JSON.parse(exchange));
const valueOf = (all) => ({ exchanges: all.map((exchange) => JSON.stringify(exchange)) });
const tab = (window.newsdeskScope ??= Object.assign(new EventTarget(), { scope: {} }));  // shared with asking.js
const isStored = (record) => Boolean(record.exchanges.length || record.draft || Object.keys(record.scope || {}).length);
let current = ID.test(idInAddress()) ? idInAddress() : newId();
let exchangeCount = 0;
let currentSearch = location.search;

const database = new Promise((resolve, reject) => {
  const opening = indexedDB.open('newsdesk', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('conversations', { keyPath: 'id' });
  opening.onsuccess = () => resolve(opening.result);
  opening.onerror = () => reject(opening.error);
});
const within = async (mode, work) => {
  const transaction = (await database).transaction('conversations', mode);
  const store = transaction.objectStore('conversations');
  return new Promise((resolve, reject) => {
    let result;
    transaction.oncomplete = () => resolve(result);
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
    work(store, (value) => { result = value; });
  });
};
const read = (id) => within('readonly', (store, give) => { store.get(id).onsuccess = (event) => give(event.target.result); });
const readAll = () => within('readonly', (store, give) => { store.getAll().onsuccess = (event) => give(event.target.result); });
const change = (id, update) => within('readwrite', (store, give) => {
  store.get(id).onsuccess = (event) => {
    const record = update(event.target.result || { id, title: '', draft: '', deleted: 0, updated: Date.now(), exchanges: [] });
    give(record);
    if (isStored(record)) store.put(record);
    else store.delete(id);
  };
});

// No exchange of any tab is lost; of two copies of an exchange, the one that got further stays.
const RANK = { reading: 0, writing: 1, left: 2, lost: 2 };
const rank = (exchange) => RANK[exchange.state] ?? 3;
const merge = (stored, mine) => {
  const byId = new Map(stored.map((exchange) => [exchange.id, exchange]));
  mine.forEach((exchange) => {
    const other = byId.get(exchange.id);
    if (!other || rank(exchange) >= rank(other)) byId.set(exchange.id, exchange);
  });
  return [...byId.values()].sort((first, second) => first.asked - second.asked);
};

const titleOf = (record) => record.title || (record.exchanges[0] ? record.exchanges[0].question : record.draft);
const showAddress = (has) => {
  const wanted = has ? '?c=' + current : '';
  if (location.search !== wanted) history.replaceState(history.state, '', wanted || location.pathname);
  currentSearch = location.search;
};
const showTitle = (record) => {
  document.title = record && record.exchanges.length ? titleOf(record) + ' · Newsdesk' : 'Newsdesk';
};

const setScope = (scope) => {
  tab.scope = scope;
  tab.dispatchEvent(new Event('restored'));
};
let saving = Promise.resolve();
const save = () => {
  const [id, mine, draft, scope] = [current, exchanges(), box() ? box().value : '', tab.scope];
  saving = saving.then(() => change(id, (record) => ({
    ...record, draft, scope, exchanges: merge(record.exchanges, mine), updated: Date.now(),
  }))).then((record) => {
    if (id !== current) return;
    showAddress(isStored(record));
    showTitle(record);
  }).catch(() => { element.querySelector('.unkept').hidden = false; });
  return saving;
};

const onValue = () => {
  const now = exchanges().length;
  if (exchangeCount && !now) {  // a new conversation; the one before stays stored
    current = newId();
    setScope({});
    history.pushState(null, '', location.pathname);
    currentSearch = location.search;
  }
  exchangeCount = now;
  setTimeout(save);  // by then the same step has changed the box as well
};

const part = (tag, cls, text) => {
  const node = document.createElement(tag);
  if (cls) node.className = cls;
  if (text !== undefined) node.textContent = text;
  return node;
};
const button = (cls, label, act) => {
  const node = part('button', cls);
  node.type = 'button';
  node.setAttribute('aria-label', label);
  node.title = label;
  node.addEventListener('click', act);
  return node;
};

const rename = (row, record) => {
  const input = part('input', 'rename');
  input.value = titleOf(record);
  input.setAttribute('aria-label', 'Title of the conversation');
  const done = (keep) => async () => {
    if (!input.isConnected || done.over) return;
    done.over = true;
    if (keep) showTitle(await change(record.id, (stored) => ({ ...stored, title: input.value.trim() })));
    await drawList();
  };
  input.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    done(event.key === 'Enter')();
  });
  input.addEventListener('blur', done(true));
  row.replaceChildren(input);
  input.focus();
  input.select();
};

const remove = async (record) => {
  await change(record.id, (stored) => ({ ...stored, deleted: Date.now() }));
  undo.hidden = false;
  undo.querySelector('span').textContent = 'Deleted: ' + titleOf(record);
  undo.querySelector('button').onclick = async () => {
    await change(record.id, (stored) => ({ ...stored, deleted: 0 }));
    undo.hidden = true;
    await drawList();
  };
  await drawList();
  undo.querySelector('button').focus();
};

const row = (record) => {
  const li = part('li', record.id === current ? 'current' : '');
  const link = part('a', 'open');
  link.href = '?c=' + record.id;
  if (record.id === current) link.setAttribute('aria-current', 'page');
  link.append(part('span', 'title', titleOf(record)));
  const questions = record.exchanges.length;
  const [day, today] = [new Date(record.updated), new Date()];
  const isToday = day.toDateString() === today.toDateString();
  const when = isToday ? day.toLocaleTimeString([], { timeStyle: 'short' }) : day.toLocaleDateString([], { dateStyle: 'medium' });
  link.append(part('span', 'when', when + (questions ? ' · ' + questions + (questions === 1 ? ' question' : ' questions') : ' · not sent')));
  li.append(link, button('edit', 'Rename', () => rename(li, record)), button('delete', 'Delete', () => remove(record)));
  return li;
};

const drawList = async () => {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const all = (await readAll()).filter((record) => !record.deleted && (record.exchanges.length || record.draft)).sort((first, second) => second.updated - first.updated);
  const textOf = (record) => [titleOf(record), ...record.exchanges.flatMap((exchange) => [exchange.question, ...exchange.said.map((statement) => statement.text)])].join(' ').toLowerCase();
  const matches = all.filter((record) => { const text = textOf(record); return words.every((word) => text.includes(word)); });
  list.replaceChildren(...matches.map(row));
  element.querySelector('.none').textContent = matches.length ? '' : all.length ? 'No conversation has these words.' : 'No conversations yet.';
};

const openList = async () => {
  undo.hidden = true;
  search.value = '';
  dialog.showModal();
  await save();
  await drawList();
};
// Deleted conversations go for good once the list is closed; a tab whose conversation goes starts a new one.
const purge = async () => {
  const deleted = (await readAll()).filter((record) => record.deleted).map((record) => record.id);
  await within('readwrite', (store) => deleted.forEach((id) => store.delete(id)));
  if (deleted.includes(current)) location.assign(location.pathname);
};

const restore = async () => {
  const record = await read(current).catch(() => undefined);
  if (!record || exchanges().length) return;
  setScope(record.scope || {});
  if (record.draft && box() && !box().value) {
    box().value = record.draft;
    box().dispatchEvent(new Event('input', { bubbles: true }));
  }
  showTitle(record);
  if (!record.exchanges.length) return;
  exchangeCount = record.exchanges.length;
  props.value = valueOf(record.exchanges);
  setTimeout(() => trigger('select'));
};

if (window.newsdeskLibrary) window.newsdeskLibrary.abort();
window.newsdeskLibrary = new AbortController();
const signal = window.newsdeskLibrary.signal;
document.addEventListener('click', (event) => {
  if (event.target.closest && event.target.closest('#open-conversations')) openList();
  else if (event.target === dialog || (event.target.closest && event.target.closest('#library .close'))) dialog.close();
}, { signal });
let typing;
document.addEventListener('input', (event) => {
  if (event.target !== box()) return;
  clearTimeout(typing);
  typing = setTimeout(save, 250);
}, { signal });
tab.addEventListener('chosen', save, { signal });
window.addEventListener('pagehide', save, { signal });
window.addEventListener('popstate', () => { if (location.search !== currentSearch) location.reload(); }, { signal });
search.addEventListener('input', drawList);
dialog.addEventListener('close', purge);
watch('value', onValue);
restore();
