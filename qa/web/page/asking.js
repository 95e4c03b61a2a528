// Runs inside gr.HTML: sets the scope, the articles that a question is asked of, and lists the keys. The value comes from
// the server with the outlets and folders to choose from, and goes back with each question with the scope.
const keys = element.querySelector('dialog');
const fields = element.querySelector('.fields');
const opener = element.querySelector('.open');
const chips = element.querySelector('.chips');
const said = element.querySelector('.said');
const [outlet, first, last, folder] = ['.outlet', '.first', '.last', '.folder'].map((name) => fields.querySelector(name));
// The scope of this tab, which library.js stores with the conversation; it may run before this, or after.
const tab = (window.newsdeskScope ??= Object.assign(new EventTarget(), { scope: {} }));

const drawOptions = (select, names) => {
  select.replaceChildren(select.options[0], ...names.map((name) => {
    const option = document.createElement('option');
    option.value = name;
    option.textContent = name;
    return option;
  }));
  select.closest('label').hidden = !names.length;
};
const day = (iso) => new Date(iso + 'T00:00').toLocaleDateString([], { dateStyle: 'medium' });
const days = ({ first: from, last: to }) => {
  if (from && to) return from === to ? day(from) : day(from) + ' – ' + day(to);
  return from ? 'since ' + day(from) : 'until ' + day(to);
};
// Each condition of a scope in words, and the scope without it.
const conditions = (scope) => {
  const { outlets = [], first: from, last: to, folder: inFolder } = scope;
  const all = outlets.map((name) => [name, { ...scope, outlets: outlets.filter((other) => other !== name) }]);
  if (from || to) all.push([days(scope), { ...scope, first: null, last: null }]);
  if (inFolder) all.push([inFolder, { ...scope, folder: '' }]);
  return all;
};
const chip = ([text, rest], index) => {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'chip';
  button.textContent = text;
  button.setAttribute('aria-label', 'Take away: ' + text);
  button.addEventListener('click', () => {
    choose(rest);
    (chips.children[Math.min(index, chips.children.length - 1)] || opener).focus();
  });
  return button;
};

const draw = () => {
  const all = conditions(tab.scope);
  chips.replaceChildren(...all.map(chip));
  said.textContent = all.length ? 'Asks only articles of: ' + all.map(([text]) => text).join('; ') : said.textContent && 'Asks all articles';
  props.value = { scope: tab.scope };
};
const choose = (scope) => {
  tab.scope = Object.fromEntries(Object.entries(scope).filter(([, value]) => value && value.length));
  draw();
  tab.dispatchEvent(new Event('chosen'));
};
const setOpen = (isOpen) => {
  [outlet.value, first.value, last.value, folder.value] = ['', tab.scope.first || '', tab.scope.last || '', tab.scope.folder || ''];
  fields.hidden = !isOpen;
  opener.setAttribute('aria-expanded', String(isOpen));
};
const set = () => {
  const isTurned = first.value && last.value && first.value > last.value;
  last.setCustomValidity(isTurned ? 'This day is before the first.' : '');
  if (!last.reportValidity()) return;
  const outlets = [...new Set([...(tab.scope.outlets || []), outlet.value].filter(Boolean))];
  choose({ outlets, first: first.value, last: last.value, folder: folder.value });
  setOpen(false);
  document.querySelector('#ask textarea').focus();
};
const onValue = () => {
  if (!props.value || !props.value.outlets) return;
  drawOptions(outlet, props.value.outlets);
  drawOptions(folder, props.value.folders);
  draw();
};

if (window.newsdeskAsking) window.newsdeskAsking.abort();
window.newsdeskAsking = new AbortController();
const { signal } = window.newsdeskAsking;
document.addEventListener('keydown', (event) => {
  const typing = event.target.closest && event.target.closest('input, textarea, select, dialog');
  if (event.key === '?' && !typing) {
    event.preventDefault();
    keys.showModal();
  }
  if (event.key === 'Escape' && !fields.hidden) {
    setOpen(false);
    opener.focus();
  }
}, { signal });
tab.addEventListener('restored', draw, { signal });
opener.addEventListener('click', () => setOpen(fields.hidden));
last.addEventListener('input', () => last.setCustomValidity(''));
element.querySelector('.set').addEventListener('click', set);
element.querySelector('.keys').addEventListener('click', () => keys.showModal());
keys.addEventListener('click', (event) => {
  if (event.target === keys || event.target.closest('.close')) keys.close();
});
onValue();
watch('value', onValue);
