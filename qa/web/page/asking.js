// Runs inside gr.HTML, whose value is the list of outlets: adds words that narrow the question, and lists the keys.
// Outlet and days are words of the question, so they are shown, stored and asked again with it.
const keys = element.querySelector('dialog');
const fields = element.querySelector('.fields');
const opener = element.querySelector('.open');
const [outlet, first, last] = ['.outlet', '.first', '.last'].map((name) => fields.querySelector(name));
const question = () => document.querySelector('#ask textarea');

const drawOutlets = () => {
  const names = (props.value && props.value.outlets) || [];
  outlet.replaceChildren(outlet.options[0], ...names.map((name) => {
    const option = document.createElement('option');
    option.value = name;
    option.textContent = name;
    return option;
  }));
  outlet.closest('label').hidden = !names.length;
};
const days = () => {
  if (first.value && last.value) return 'published between ' + first.value + ' and ' + last.value;
  if (first.value) return 'published since ' + first.value;
  return last.value ? 'published until ' + last.value : '';
};
const setOpen = (isOpen) => {
  fields.hidden = !isOpen;
  opener.setAttribute('aria-expanded', String(isOpen));
};
const add = () => {
  const words = [outlet.value && 'according to ' + outlet.value, days()].filter(Boolean).join(', ');
  const box = question();
  if (words && box) {
    const typed = box.value.trim().replace(/[\s?.,]+$/, '');
    box.value = typed ? typed + ', ' + words + '?' : words[0].toUpperCase() + words.slice(1) + ', ';
    box.dispatchEvent(new Event('input', { bubbles: true }));
    box.focus();
    box.setSelectionRange(box.value.length, box.value.length);
  }
  [outlet, first, last].forEach((field) => { field.value = ''; });
  setOpen(false);
};

if (window.newsdeskAsking) window.newsdeskAsking.abort();
window.newsdeskAsking = new AbortController();
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
}, { signal: window.newsdeskAsking.signal });
opener.addEventListener('click', () => setOpen(fields.hidden));
element.querySelector('.add').addEventListener('click', add);
element.querySelector('.keys').addEventListener('click', () => keys.showModal());
keys.addEventListener('click', (event) => {
  if (event.target === keys || event.target.closest('.close')) keys.close();
});
drawOutlets();
watch('value', drawOutlets);
