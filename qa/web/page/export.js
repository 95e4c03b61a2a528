// Runs in the scope of library.js: a conversation as Markdown, as JSON and on paper.
const oneLine = (text) => String(text || '').replace(/\s+/g, ' ').trim();
// Text of an article, a model or a reader stays text in Markdown: no image, no link, no HTML.
const markdownText = (text) => oneLine(text).replace(/[\\`*_{}[\]<>()#!|~&@]/g, '\\$&').replace(/:\/\//g, '\\://').replace(/www\./gi, '$&\u200b');
const day = (iso) => (iso ? new Date(iso + 'T00:00').toLocaleDateString([], { dateStyle: 'long' }) : '');
const sourceLine = (source) => [source.headline, source.outlet, day(source.published), source.author].filter(Boolean).join(', ');
const place = (source) => source.path + ':' + source.start + '–' + source.end;
const understood = (exchange) => (exchange.understood || []).join(' · ');
const citedSources = (exchange) => exchange.sources.filter((source) => source.number !== null);
const ENDS = {
  stopped: 'Stopped.', left: 'Left before it was finished.', lost: 'The connection was lost.', failed: 'It broke off.',
  not_in_articles: 'The articles do not say.', declined: 'The words above cite no article.',
};

const asMarkdown = (exchange) => {
  const statements = exchange.said.map((statement) => markdownText(statement.separator) + ' ' + markdownText(statement.text).replace(/\\\[(\d+(?:, ?\d+)*)\\\]/g, '[$1]'));
  const lines = ['## ' + markdownText(exchange.question), '', statements.join('').trim()];
  if (ENDS[exchange.state]) lines.push('', ENDS[exchange.state]);
  if (understood(exchange)) lines.push('', '**Understood:** ' + markdownText(understood(exchange)));
  if (exchange.missing) lines.push('', '**Missing:** ' + markdownText(exchange.missing));
  exchange.notes.forEach((note) => lines.push('', '**Note:** ' + markdownText(note)));
  (exchange.differs || []).forEach((difference) => {
    const sides = difference.sides.map((side) => markdownText(side.value) + ' [' + side.marker + ']' + (side.published ? ' (' + [day(side.published), side.time].filter(Boolean).join(', ') + ')' : ''));
    lines.push('', '**The articles differ:** ' + sides.join('; '));
  });
  citedSources(exchange).forEach((source) => {
    lines.push('', '\\[' + source.number + '\\] “' + markdownText(source.quote) + '” — ' + markdownText(sourceLine(source) || source.path) + ' (' + markdownText(place(source)) + ')');
  });
  return lines.join('\n');
};

const download = (name, type, text) => {
  const link = part('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
};
const exportAs = async (kind) => {
  await save();
  const record = await read(current).catch(() => undefined);
  const title = record ? titleOf(record) : 'Conversation';
  const name = (title.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '').slice(0, 60) || 'conversation') + '.' + kind;
  if (kind === 'md') return download(name, 'text/markdown', '# ' + markdownText(title) + '\n\n' + exchanges().map(asMarkdown).join('\n\n') + '\n');
  return download(name, 'application/json', JSON.stringify({ title, saved: new Date().toISOString(), exchanges: exchanges() }, null, 1));
};
element.querySelector('.as-md').addEventListener('click', () => exportAs('md'));
element.querySelector('.as-json').addEventListener('click', () => exportAs('json'));
element.querySelector('.as-paper').addEventListener('click', () => { dialog.close(); setTimeout(() => window.print()); });

// On paper stands the whole conversation, each answer with its sources below it.
const paper = part('div', 'paper');
const onPaper = (exchange) => {
  const section = part('section');
  section.append(part('h2', '', exchange.question));
  if (understood(exchange)) section.append(part('p', '', understood(exchange)));
  const answer = document.querySelector('#chat .answer.of-' + exchange.id);
  if (answer) {
    const copy = answer.cloneNode(true);
    copy.querySelectorAll('a.cite').forEach((link) => link.replaceWith('[' + link.getAttribute('href').split('-').at(-1) + ']'));
    copy.querySelectorAll('details, .step').forEach((node) => node.remove());
    section.append(copy);
  }
  const sources = part('ol');
  citedSources(exchange).forEach((source) => {
    const li = part('li', '', '“' + source.quote + '”');
    li.value = source.number;
    li.append(part('p', '', [sourceLine(source), place(source)].filter(Boolean).join(' — ')));
    sources.append(li);
  });
  section.append(sources);
  return section;
};
window.addEventListener('beforeprint', () => {
  if (!exchanges().length) return;
  paper.replaceChildren(...exchanges().map(onPaper));
  document.body.append(paper);
}, { signal });
window.addEventListener('afterprint', () => paper.remove(), { signal });
