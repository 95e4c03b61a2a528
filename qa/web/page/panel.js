// Runs inside gr.HTML, which passes in `element`, `props` and `watch`. Data becomes text nodes only.
const EMPTY = 'The passages behind each answer show up here, with the cited words marked. Select a number in an answer to jump to its source.';
const questionLine = element.querySelector('.asked');
const tint = document.createElement('style');
document.head.append(tint);
let currentId = '';

const part = (tag, cls, text) => {
  const node = document.createElement(tag);
  if (cls) node.className = cls;
  if (text !== undefined && text !== null) node.textContent = text;
  return node;
};

const turnOf = (id) => {
  const json = ((props.value && props.value.turns) || []).find((turn) => turn.startsWith('{"id": "' + id + '"'));
  return json && JSON.parse(json);
};
const quotesOf = (turn) => (turn ? turn.articles.flatMap((article) => article.quotes.map((quote) => ({ article, quote }))) : []);

// The address of the article with these quotations marked; the page opens at the first.
const articleLink = (article, first) => {
  const spans = [first, ...article.quotes.filter((quote) => quote !== first)].filter((quote) => quote.quote || quote === first);
  const path = article.path.split('/').map(encodeURIComponent).join('/');
  return 'articles/' + path + '#' + spans.map((quote) => quote.start + '-' + quote.end).join(',');
};

const outside = (cls, text, href) => {
  const link = part('a', cls, text);
  link.href = href;
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
  return link;
};

const quotation = (quote) => {
  const block = part('div', 'quote');
  block.tabIndex = -1;
  const text = part('blockquote');
  if (quote.number !== null) {
    block.dataset.n = String(quote.number);
    block.setAttribute('aria-label', 'Source ' + quote.number);
    block.append(part('span', 'n', quote.number));
  }
  if (!quote.quote) {
    text.append(quote.before);
    block.append(text);
    return block;
  }
  const around = [part('span', 'around', quote.before), part('span', 'around', quote.after)];
  around.forEach((node) => { node.hidden = true; });
  text.append(around[0], part('mark', '', quote.quote), around[1]);
  block.append(text);
  if (quote.before || quote.after) {
    const button = part('button', 'context', 'Context');
    button.type = 'button';
    button.setAttribute('aria-expanded', 'false');
    button.addEventListener('click', () => {
      const open = button.getAttribute('aria-expanded') === 'false';
      button.setAttribute('aria-expanded', String(open));
      around.forEach((node) => { node.hidden = !open; });
    });
    block.append(button);
  }
  return block;
};

const card = (article) => {
  const li = part('li', 'card');
  const title = part('h3', 'title');
  title.append(outside('', article.title, articleLink(article, article.quotes[0])));
  li.append(title);
  if (article.about) li.append(part('p', 'meta', article.about));
  if (article.since) li.append(part('p', 'since', article.since));
  li.append(...article.quotes.map(quotation));
  if (article.also_in.length) li.append(part('p', 'also', 'Also in ' + article.also_in.join(', ')));
  const foot = part('p', 'place');
  const spans = article.quotes.map((quote) => quote.start + '–' + quote.end).join(', ');
  foot.append(part('span', '', article.path + ':' + spans));
  if (article.original) foot.append(outside('original', 'Original', article.original));
  li.append(foot);
  return li;
};

const draw = (id) => {
  const turn = turnOf(id);
  const state = id + JSON.stringify(turn || null);
  if (state === draw.state) return;  // open contexts and the focus stay
  draw.state = state;
  const articles = turn ? turn.articles : [];
  const cited = quotesOf(turn).filter(({ quote }) => quote.number !== null).length;
  currentId = id;
  element.querySelector('.heading').textContent = turn ? turn.heading : 'Sources';
  element.querySelector('.count').textContent = cited ? String(cited) : '';
  questionLine.textContent = turn ? turn.question : '';
  questionLine.hidden = !turn;
  const note = element.querySelector('.note');
  note.textContent = turn ? turn.note : EMPTY;
  note.hidden = !note.textContent;
  element.querySelector('.list').replaceChildren(...articles.map(card));
  // The numbers of this answer stand out; those of the other answers are quiet.
  tint.textContent = turn ? '.answer:not(.of-' + id + ') a.cite:not(:hover) { background: none; color: inherit !important; box-shadow: inset 0 0 0 1px var(--border-color-primary); }' : '';
  const opener = document.querySelector('#open-sources');
  if (opener) opener.dataset.count = articles.length ? String(quotesOf(turn).length) : '';
};

const mark = (id, n) => {
  document.querySelectorAll('a.cite.active').forEach((link) => link.classList.remove('active'));
  element.querySelectorAll('.quote.active').forEach((quote) => quote.classList.remove('active'));
  const quote = element.querySelector('.quote[data-n="' + n + '"]');
  if (!quote) return;
  quote.classList.add('active');
  document.querySelectorAll('a.cite[href="#cite-' + id + '-' + n + '"]').forEach((link) => link.classList.add('active'));
  const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  quote.scrollIntoView({ behavior: still ? 'auto' : 'smooth', block: 'nearest' });
  quote.focus({ preventScroll: true });
};

const idOf = (answer) => [...answer.classList].find((name) => name.startsWith('of-')).slice(3);

// The panel follows the answer in view: the last one that begins above the middle of the talk.
const follow = (scroller) => {
  const area = scroller.getBoundingClientRect();
  const atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 40;
  const answers = [...scroller.querySelectorAll('.answer')];
  const above = answers.filter((answer) => answer.getBoundingClientRect().top < area.top + area.height / 2);
  const inView = atEnd ? answers.at(-1) : above.at(-1) || answers[0];
  const id = inView && idOf(inView);
  if (id && id !== currentId && turnOf(id)) draw(id);
};

const redraw = () => {
  const newest = props.value ? props.value.shown : '';
  const isNew = newest !== redraw.newest;
  redraw.newest = newest;
  draw(isNew || !turnOf(currentId) ? newest : currentId);
};
