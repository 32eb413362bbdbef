import { mount } from 'svelte';
import App from './App.svelte';
import { tauriDoor } from './backend/tauri';
import { language, settle } from './language';
import { Desk } from './state/desk.svelte';
import './style/tokens.css';
import './style/base.css';

const desk = new Desk(tauriDoor);
document.documentElement.lang = language;

const home = document.getElementById('app');
if (home) mount(App, { target: home, props: { desk } });
void desk.begin();
void tauriDoor.settings().then(({ language }) => settle(language) && location.reload());
