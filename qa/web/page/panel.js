// Runs inside gr.HTML, which hands it `element`, `props` and `watch`. Data becomes text nodes only.
const EMPTY = 'The passages behind each answer show up here, with the cited words marked. Select a number in an answer to jump to its source.';
let shown = '';
let cameFrom = null;

const part = (tag, cls, text) => {
  const node = document.createElement(tag);
  if (cls) node.className = cls;
  if (text !== undefined && text !== null) node.textContent = text;
  return node;
};

const card = (item) => {
  const li = part('li', 'card');
  li.tabIndex = -1;
  const top = part('div', 'top');
  if (item.number !== null) {
    li.dataset.n = String(item.number);
    li.setAttribute('aria-label', 'Source ' + item.number);
    top.append(part('span', 'n', item.number));
  }
  const about = part('div', 'about');
  about.append(part('div', 'title', item.title));
  if (item.about) about.append(part('div', 'meta', item.about));
  about.append(part('div', 'meta place', item.place));
  top.append(about);
  const quote = part('blockquote');
  if (item.before) quote.append(item.before);
  if (item.quote) quote.append(part('mark', '', item.quote));
  if (item.after) quote.append(item.after);
  li.append(top, quote);
  if (item.also_in.length) li.append(part('p', 'also', 'Also in ' + item.also_in.join(', ')));
  return li;
};

const turnOf = (id) => ((props.value && props.value.turns) || []).find((turn) => turn.id === id);

const draw = (id) => {
  const turn = turnOf(id);
  const items = turn ? turn.items : [];
  const cited = items.filter((item) => item.number !== null).length;
  shown = id;
  element.querySelector('.heading').textContent = turn ? turn.heading : 'Sources';
  element.querySelector('.count').textContent = cited ? String(cited) : '';
  const note = element.querySelector('.note');
  note.textContent = turn ? turn.note : EMPTY;
  note.hidden = !note.textContent;
  element.querySelector('.list').replaceChildren(...items.map(card));
  const opener = document.querySelector('#open-sources');
  if (opener) opener.dataset.count = items.length ? String(items.length) : '';
};

const mark = (id, n) => {
  document.querySelectorAll('a.cite.active').forEach((link) => link.classList.remove('active'));
  element.querySelectorAll('.card.active').forEach((one) => one.classList.remove('active'));
  const found = element.querySelector('.card[data-n="' + n + '"]');
  if (!found) return;
  found.classList.add('active');
  document.querySelectorAll('a.cite[href="#cite-' + id + '-' + n + '"]').forEach((link) => link.classList.add('active'));
  const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  found.scrollIntoView({ behavior: still ? 'auto' : 'smooth', block: 'nearest' });
  found.focus({ preventScroll: true });
};

const drawer = (open) => document.body.classList.toggle('sources-open', open);

const copyText = async (text) => {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = part('textarea', '', text);
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
};

// The chat's own copy button would copy our markup; copy what the reader sees, markers as [1].
const answerText = (button) => {
  let row = button.closest('.message-buttons');
  while (row && !row.querySelector('.answer')) row = row.previousElementSibling;
  if (!row) return null;
  const copy = row.querySelector('.answer').cloneNode(true);
  copy.querySelectorAll('a.cite').forEach((link) => link.replaceWith('[' + link.textContent.trim() + ']'));
  copy.querySelectorAll('p, li, blockquote').forEach((block) => block.append('\n'));
  return copy.textContent.trim();
};

const onClick = (event) => {
  const at = event.target.closest ? event.target : null;
  if (!at) return;
  const link = at.closest('a[href^="#cite-"]');
  const found = link && link.getAttribute('href').match(/^#cite-([0-9a-f]{12})-(\d+)$/);
  if (link) {
    event.preventDefault();
    event.stopPropagation();
    if (!found) return;
    cameFrom = link;
    if (shown !== found[1]) draw(found[1]);
    drawer(true);
    mark(found[1], found[2]);
  } else if (at.closest('#open-sources')) {
    drawer(!document.body.classList.contains('sources-open'));
  } else if (at.closest('#sources .close')) {
    drawer(false);
  } else if (at.closest('#theme')) {
    const dark = document.body.classList.toggle('dark');
    localStorage.setItem('newsdesk-theme', dark ? 'dark' : 'light');
  } else if (at.closest('#chat button[aria-label*="opy"], #chat button[title*="opy"]')) {
    const text = answerText(at);
    if (text === null) return;
    event.preventDefault();
    event.stopPropagation();
    const button = at.closest('button');
    const copied = () => {
      button.classList.add('copied');
      setTimeout(() => button.classList.remove('copied'), 1500);
    };
    copyText(text).then(copied, () => {});
  } else if (document.body.classList.contains('sources-open') && !at.closest('#side')) {
    drawer(false);
  }
};

const onKey = (event) => {
  if (event.key !== 'Escape') return;
  drawer(false);
  if (cameFrom && cameFrom.isConnected && element.contains(document.activeElement)) cameFrom.focus();
};

// Gradio labels each message with its source text, markup included; a screen reader should get the text alone.
const relabel = () => {
  document.querySelectorAll('#chat [data-testid="bot"], #chat [data-testid="user"]').forEach((node) => {
    const label = node.dataset.testid === 'bot' ? 'Answer' : 'Question';
    if (node.getAttribute('aria-label') !== label) node.setAttribute('aria-label', label);
  });
};
const chat = document.querySelector('#chat');
if (chat) {
  new MutationObserver(relabel).observe(chat, { subtree: true, childList: true, attributeFilter: ['aria-label'] });
}

if (window.newsdesk) window.newsdesk.abort();
window.newsdesk = new AbortController();
document.addEventListener('click', onClick, { capture: true, signal: window.newsdesk.signal });
document.addEventListener('keydown', onKey, { signal: window.newsdesk.signal });
const theme = localStorage.getItem('newsdesk-theme');
if (theme) document.body.classList.toggle('dark', theme === 'dark');
const redraw = () => draw(props.value ? props.value.shown : '');
redraw();
watch('value', redraw);
