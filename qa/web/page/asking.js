// Runs inside gr.HTML, whose value is the outlets there are: puts words into the question that narrow it, and lists the keys.
// What narrows a question stands in its words, so it is seen, kept and asked again with it; the answer says how it was read.
const keys = element.querySelector('dialog');
const fields = element.querySelector('.fields');
const opener = element.querySelector('.open');
const [outlet, first, last] = ['.outlet', '.first', '.last'].map((name) => fields.querySelector(name));
const question = () => document.querySelector('#ask textarea');

const offer = () => {
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
const open = (wanted) => {
  fields.hidden = !wanted;
  opener.setAttribute('aria-expanded', String(wanted));
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
  open(false);
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
    open(false);
    opener.focus();
  }
}, { signal: window.newsdeskAsking.signal });
opener.addEventListener('click', () => open(fields.hidden));
element.querySelector('.add').addEventListener('click', add);
element.querySelector('.keys').addEventListener('click', () => keys.showModal());
keys.addEventListener('click', (event) => {
  if (event.target === keys || event.target.closest('.close')) keys.close();
});
offer();
watch('value', offer);
