// Marks the spans that the address names, `#start-end,start-end` in code points; the first is the one it opens at.
const text = document.querySelector('#text');
const whole = text.cloneNode(true);
const bar = document.querySelector('.marks');
const count = bar.querySelector('.count');
let here = 0;
let spans = [];

const asked = () => location.hash.slice(1).split(',').map((span) => span.match(/^(\d{1,9})-(\d{1,9})$/)).filter(Boolean)
  .map(([, start, end]) => [Number(start), Number(end)]).filter(([start, end]) => start < end);

const firstOf = (k) => text.querySelector('mark[data-k="' + k + '"]');

const show = (k) => {
  const total = spans.length;
  here = (k + total) % total;
  text.querySelectorAll('mark').forEach((mark) => mark.classList.toggle('here', mark.dataset.k === String(here)));
  count.textContent = 'Quotation ' + (here + 1) + ' of ' + total;
  const mark = firstOf(here);
  mark.scrollIntoView({ block: 'start' });
  mark.focus({ preventScroll: true });
};

const marked = (node, at) => {
  const chars = Array.from(node.data);
  const end = at + chars.length;
  const pieces = document.createDocumentFragment();
  let last = at;
  spans.forEach(([start, stop], k) => {
    const [from, to] = [Math.max(start, last), Math.min(stop, end)];
    if (from >= to) return;
    pieces.append(chars.slice(last - at, from - at).join(''));
    const mark = document.createElement('mark');
    mark.dataset.k = String(k);
    mark.tabIndex = -1;
    mark.textContent = chars.slice(from - at, to - at).join('');
    pieces.append(mark);
    last = to;
  });
  if (last > at) {
    pieces.append(chars.slice(last - at).join(''));
    node.replaceWith(pieces);
  }
  return end;
};

const draw = () => {
  text.replaceChildren(...whole.cloneNode(true).childNodes);
  const wanted = asked();
  spans = [...wanted].sort((one, other) => one[0] - other[0] || one[1] - other[1]);
  const nodes = [];
  for (const walk = document.createTreeWalker(text, NodeFilter.SHOW_TEXT); walk.nextNode();) nodes.push(walk.currentNode);
  nodes.reduce((at, node) => marked(node, at), 0);
  const there = spans.map((span, k) => [span, k]).filter(([, k]) => firstOf(k));
  there.forEach(([, k], place) => text.querySelectorAll('mark[data-k="' + k + '"]').forEach((mark) => { mark.dataset.k = String(place); }));
  spans = there.map(([span]) => span);
  bar.hidden = spans.length === 0;
  if (spans.length) show(Math.max(0, spans.findIndex((span) => String(span) === String(wanted[0]))));
};

bar.querySelector('.before').addEventListener('click', () => show(here - 1));
bar.querySelector('.after').addEventListener('click', () => show(here + 1));
window.addEventListener('hashchange', draw);
draw();
