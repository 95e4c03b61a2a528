// Runs in the scope of panel.js: the numbers in the answers, and the buttons that need no server.
let cameFrom = null;
let isChosen = false;
const pop = part('div', 'cite-pop');
pop.id = 'cite-pop';
pop.setAttribute('role', 'tooltip');
pop.hidden = true;
document.body.append(pop);

const citationOf = (link) => {
  const match = link.getAttribute('href').match(/^#cite-([0-9a-f]{12})-(\d+)$/);
  if (!match) return null;
  const [, id, n] = match;
  return { id, n, ...quotesOf(turnOf(id)).find(({ quote }) => String(quote.number) === n) };
};

const hidePop = () => {
  pop.hidden = true;
  document.querySelectorAll('a.cite[aria-describedby]').forEach((link) => link.removeAttribute('aria-describedby'));
};

const showPop = (link) => {
  const cited = citationOf(link);
  if (!cited || !cited.quote) return;
  pop.replaceChildren(part('p', 'quoted', cited.quote.quote), part('p', 'from', cited.article.about || cited.article.title));
  pop.hidden = false;
  link.setAttribute('aria-describedby', pop.id);
  const box = link.getBoundingClientRect();
  const left = Math.min(box.left - 12, window.innerWidth - pop.offsetWidth - 12);
  const below = box.bottom + 8;
  const fits = below + pop.offsetHeight < window.innerHeight - 8;
  pop.style.left = Math.max(12, left) + 'px';
  pop.style.top = (fits ? below : box.top - pop.offsetHeight - 8) + 'px';
};

// On a phone the sources are a drawer, which Back closes.
const phone = window.matchMedia('(max-width: 860px)');
const drawer = (open) => {
  const wasOpen = document.body.classList.contains('sources-open');
  document.body.classList.toggle('sources-open', open);
  if (open && !wasOpen && phone.matches) history.pushState({ drawer: true }, '');
  else if (!open && wasOpen && history.state && history.state.drawer) history.back();
};

const copyText = async (text) => {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = part('textarea', '', text);
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
};

// The copy button of the chat would copy our markup; copy the text with markers as [1], and the sources.
const answerText = (button) => {
  let row = button.closest('.message-buttons');
  while (row && !row.querySelector('.answer')) row = row.previousElementSibling;
  if (!row) return null;
  const copy = row.querySelector('.answer').cloneNode(true);
  copy.querySelectorAll('.foot').forEach((foot) => foot.remove());
  copy.querySelectorAll('a.cite').forEach((link) => link.replaceWith('[' + link.getAttribute('href').split('-').at(-1) + ']'));
  copy.querySelectorAll('p, li, .by').forEach((block) => block.append('\n'));
  const answer = row.querySelector('.answer');
  const sources = quotesOf(turnOf(idOf(answer))).filter(({ quote }) => quote.number !== null)
    .sort((first, second) => first.quote.number - second.quote.number)
    .map(({ article, quote }) => '[' + quote.number + '] “' + quote.quote + '” — '
      + [article.title, article.about].filter(Boolean).join(', ') + ' (' + article.path + ':' + quote.start + '–' + quote.end + ')');
  return [copy.textContent.trim(), sources.join('\n')].filter(Boolean).join('\n\n');
};

// Feedback goes to the server with the questions before the answer, which the answer does not hold.
const sendFeedback = async (link) => {
  const [address, kind] = link.getAttribute('href').split('#');
  const answer = link.closest('.answer');
  const questions = Array.from(document.querySelectorAll('#chat .question'))
    .filter((node) => node.compareDocumentPosition(answer) & Node.DOCUMENT_POSITION_FOLLOWING).map((node) => node.textContent.trim());
  const body = JSON.stringify({ kind, earlier: questions.slice(0, -1).filter(Boolean).slice(-20) });
  const reply = await fetch(address, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body }).catch(() => null);
  link.parentElement.textContent = reply && reply.ok ? 'Noted. Thank you.'
    : reply && reply.status === 404 ? 'This answer is no longer kept, so nothing can be noted of it.' : 'It could not be noted. Try again later.';
};

const choose = (answer) => {
  isChosen = true;
  const id = idOf(answer);
  if (id !== currentId && turnOf(id)) draw(id);
};

// The number that the pointer went down on: the talk may scroll by itself before it goes up, at the same place.
let pressed = null;
const onPress = (event) => {
  const link = event.target.closest && event.target.closest('a[href^="#cite-"]');
  pressed = link && { link, x: event.clientX, y: event.clientY };
};
const pressedAt = ({ clientX, clientY }) =>
  pressed && Math.abs(clientX - pressed.x) < 5 && Math.abs(clientY - pressed.y) < 5 ? pressed.link : null;

const onClick = (event) => {
  const target = event.target.closest ? event.target : null;
  if (!target) return;
  const link = target.closest('a[href^="#cite-"]') || pressedAt(event);
  pressed = null;
  const answer = target.closest('#chat .answer');
  if (link) {
    event.preventDefault();
    event.stopPropagation();
    const cited = citationOf(link);
    if (!cited) return;
    hidePop();
    cameFrom = link;
    isChosen = true;
    if (currentId !== cited.id) draw(cited.id);
    drawer(true);
    mark(cited.id, cited.n);
  } else if (target.closest('#chat a.say')) {
    event.preventDefault();
    event.stopPropagation();
    sendFeedback(target.closest('a.say'));
  } else if (target.closest('#open-sources')) {
    drawer(!document.body.classList.contains('sources-open'));
  } else if (target.closest('#sources .close')) {
    drawer(false);
  } else if (target.closest('#theme')) {
    const dark = document.body.classList.toggle('dark');
    localStorage.setItem('newsdesk-theme', dark ? 'dark' : 'light');
  } else if (target.closest('#chat button[aria-label*="opy"], #chat button[title*="opy"]')) {
    const text = answerText(target);
    if (text === null) return;
    event.preventDefault();
    event.stopPropagation();
    const button = target.closest('button');
    const copied = () => {
      button.classList.add('copied');
      setTimeout(() => button.classList.remove('copied'), 1500);
    };
    copyText(text).then(copied, () => {});
  } else if (!target.closest('#side')) {
    drawer(false);
    if (answer) choose(answer);
  }
};

const onKey = (event) => {
  const box = document.querySelector('#ask textarea');
  if (event.key === '/' && box && !event.target.closest('input, textarea, dialog')) {
    event.preventDefault();
    box.focus();
  }
  if (event.key !== 'Escape') return;
  hidePop();
  drawer(false);
  if (cameFrom && cameFrom.isConnected && element.contains(document.activeElement)) cameFrom.focus();
};

// A chosen answer stays until the reader scrolls: with a wheel, a finger, a key or the bar. What scrolls by itself, as
// the talk does when an answer grows, does not count.
const SCROLL_KEYS = ['ArrowUp', 'ArrowDown', 'PageUp', 'PageDown', 'Home', 'End', ' '];
const onReader = (event) => {
  const scrolls = event.type === 'keydown' ? SCROLL_KEYS.includes(event.key)
    : event.type !== 'pointerdown' || (event.target instanceof Element && event.target.matches('#chat .bubble-wrap'));
  if (scrolls) isChosen = false;
};

const onScroll = (event) => {
  hidePop();
  const scroller = event.target;
  if (!(scroller instanceof Element) || !scroller.closest('#chat') || !scroller.querySelector('.answer')) return;
  requestAnimationFrame(() => isChosen || follow(scroller));  // one may be chosen before the frame is drawn
};

const onEnter = (event) => {
  const link = event.target.closest && event.target.closest('#chat a.cite');
  if (link) showPop(link);
};
const onLeave = (event) => {
  if (event.target.closest && event.target.closest('#chat a.cite')) hidePop();
};

// Gradio labels each message with its source, markup included; a screen reader should get the text alone.
const relabel = () => {
  document.querySelectorAll('#chat [data-testid="bot"], #chat [data-testid="user"]').forEach((node) => {
    const label = node.dataset.testid === 'bot' ? 'Answer' : 'Question';
    if (node.getAttribute('aria-label') !== label) node.setAttribute('aria-label', label);
  });
  [['.submit-button', 'Send'], ['.stop-button', 'Stop']].forEach(([name, label]) => {
    const button = document.querySelector('#ask ' + name);
    if (button && button.getAttribute('aria-label') !== label) button.setAttribute('aria-label', label);
  });
  document.querySelectorAll('#chat .examples[role="list"]').forEach((list) => list.removeAttribute('role'));  // it holds buttons
  const box = document.querySelector('#ask textarea');
  if (box && !relabel.done) {
    box.setAttribute('aria-describedby', 'asked-of');
    relabel.done = true;
    // On a phone the keyboard would cover the page.
    if (window.matchMedia('(hover: hover)').matches && document.activeElement === document.body) box.focus();
  }
  document.querySelectorAll('#chat a.cite:not([aria-label])').forEach((link) => {
    const cited = citationOf(link);
    if (cited && cited.article) link.setAttribute('aria-label', 'Source ' + cited.n + ': ' + cited.article.title);
  });
};

if (window.newsdesk) window.newsdesk.abort();
window.newsdesk = new AbortController();
window.addEventListener('popstate', () => document.body.classList.remove('sources-open'), { signal: window.newsdesk.signal });
const listen = (name, handler, capture = false) =>
  document.addEventListener(name, handler, { capture, signal: window.newsdesk.signal });
listen('pointerdown', onPress, true);
listen('click', onClick, true);
listen('keydown', onKey);
listen('scroll', onScroll, true);
['wheel', 'touchmove', 'keydown', 'pointerdown'].forEach((name) => listen(name, onReader, true));
listen('mouseover', onEnter);
listen('focusin', onEnter);
listen('mouseout', onLeave);
listen('focusout', onLeave);
const theme = localStorage.getItem('newsdesk-theme');
if (theme) document.body.classList.toggle('dark', theme === 'dark');
// The chat may be drawn after this runs.
const labels = new MutationObserver(relabel);
labels.observe(document.querySelector('#main') || document.body, { subtree: true, childList: true, attributeFilter: ['aria-label'] });
window.newsdesk.signal.addEventListener('abort', () => labels.disconnect());
relabel();
redraw();
watch('value', () => {
  redraw();
  relabel();
});
