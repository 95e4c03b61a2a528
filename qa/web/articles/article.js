// Marks the spans in the address, `#start-end,start-end` in code points; the page opens at the first.
const text = document.querySelector('#text');
const whole = text.cloneNode(true);
const bar = document.querySelector('.marks');
const count = bar.querySelector('.count');
let current = 0;
let spans = [];

const spansInAddress = () => location.hash.slice(1).split(',').map((span) => span.match(/^(\d{1,9})-(\d{1,9})$/)).filter(Boolean)
  .map(([, start, end]) => [Number(start), Number(end)]).filter(([start, end]) => start < end);

const firstMark = (index) => text.querySelector('mark[data-k="' + index + '"]');

const show = (index) => {
  const total = spans.length;
  current = (index + total) % total;
  text.querySelectorAll('mark').forEach((mark) => mark.classList.toggle('here', mark.dataset.k === String(current)));
  count.textContent = 'Quotation ' + (current + 1) + ' of ' + total;
  const mark = firstMark(current);
  mark.scrollIntoView({ block: 'start' });
  mark.focus({ preventScroll: true });
};

const markNode = (node, offset) => {
  const chars = Array.from(node.data);
  const end = offset + chars.length;
  const pieces = document.createDocumentFragment();
  let last = offset;
  spans.forEach(([start, stop], index) => {
    const [from, to] = [Math.max(start, last), Math.min(stop, end)];
    if (from >= to) return;
    pieces.append(chars.slice(last - offset, from - offset).join(''));
    const mark = document.createElement('mark');
    mark.dataset.k = String(index);
    mark.tabIndex = -1;
    mark.textContent = chars.slice(from - offset, to - offset).join('');
    pieces.append(mark);
    last = to;
  });
  if (last > offset) {
    pieces.append(chars.slice(last - offset).join(''));
    node.replaceWith(pieces);
  }
  return end;
};

const draw = () => {
  text.replaceChildren(...whole.cloneNode(true).childNodes);
  const wanted = spansInAddress();
  spans = [...wanted].sort((first, second) => first[0] - second[0] || first[1] - second[1]);
  const nodes = [];
  for (const walk = document.createTreeWalker(text, NodeFilter.SHOW_TEXT); walk.nextNode();) nodes.push(walk.currentNode);
  nodes.reduce((offset, node) => markNode(node, offset), 0);
  const present = spans.map((span, index) => [span, index]).filter(([, index]) => firstMark(index));
  present.forEach(([, index], place) => text.querySelectorAll('mark[data-k="' + index + '"]').forEach((mark) => { mark.dataset.k = String(place); }));
  spans = present.map(([span]) => span);
  bar.hidden = spans.length === 0;
  if (spans.length) show(Math.max(0, spans.findIndex((span) => String(span) === String(wanted[0]))));
};

bar.querySelector('.before').addEventListener('click', () => show(current - 1));
bar.querySelector('.after').addEventListener('click', () => show(current + 1));
window.addEventListener('hashchange', draw);
draw();
