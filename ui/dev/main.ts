/** Shows one scripted scene of the window without an engine: `npm run ui:dev`, then /dev/?scene=running. */
import { mount } from 'svelte';
import App from '../src/App.svelte';
import { Desk } from '../src/state/desk.svelte';
import '../src/style/tokens.css';
import '../src/style/base.css';
import { scenes } from './scenes';

const name = new URLSearchParams(location.search).get('scene') ?? 'empty';
const scene = scenes[name];
const home = document.getElementById('app');
if (home && scene) {
  const desk = new Desk(scene.door);
  mount(App, { target: home, props: { desk } });
  await desk.begin();
  await scene.then?.(desk);
  document.body.dataset['ready'] = 'yes';
} else if (home) {
  home.textContent = `Scenes: ${Object.keys(scenes).join(', ')}`;
}
