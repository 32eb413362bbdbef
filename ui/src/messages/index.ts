/** The words of the window, in the language that it speaks. */
import { language } from '../language';
import { de } from './de';
import { en } from './en';

export const m: typeof en = { en, de }[language];
