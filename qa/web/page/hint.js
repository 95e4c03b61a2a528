const draw = () => {
  const line = element.querySelector('.hint');
  line.textContent = props.value ? props.value.text : '';
  line.classList.toggle('alert', Boolean(props.value && props.value.alert));
};
draw();
watch('value', draw);
