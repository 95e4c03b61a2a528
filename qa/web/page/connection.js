// Runs in the scope of library.js: shows when the server does not answer, and ends a lost answer once it does.
const line = () => document.querySelector('#hint .hint');
let missed = 0;
let usual = null;  // what the line said before the server went

const onItsWay = () => {
  const last = exchanges().at(-1);
  return last && rank(last) < 2 ? last : null;
};
const say = (text) => {
  if (!line()) return;
  usual = usual || { text: line().textContent, alert: line().classList.contains('alert') };
  line().textContent = text;
  line().classList.add('alert');
};

const back = () => {
  say('The server answers again.');
  const before = JSON.stringify(onItsWay());
  setTimeout(() => {
    if (missed > 1) return;
    if (usual && line()) {
      line().textContent = usual.text;
      line().classList.toggle('alert', usual.alert);
    }
    usual = null;
    const last = onItsWay();
    if (!last || JSON.stringify(last) !== before) return;  // it has gone on, so it was not lost
    props.value = valueOf([...exchanges().slice(0, -1), { ...last, state: 'lost' }]);
    setTimeout(() => trigger('select'));
  }, 3000);
};

const look = async () => {
  const answers = await fetch('healthz', { cache: 'no-store', signal: AbortSignal.timeout(15000) }).then((reply) => reply.ok, () => false);
  if (signal.aborted) return;
  if (answers && missed > 1) back();
  missed = answers ? 0 : missed + 1;
  if (missed > 1) say('The server does not answer. Trying again …');
  setTimeout(look, missed ? 1500 : onItsWay() ? 4000 : 15000);
};
setTimeout(look, 4000);
window.addEventListener('offline', () => { missed += 1; say('This device is offline. Trying again …'); }, { signal });
