/** Templates as the engine understands them (Jinja). */
import { plain } from '../format';

/** How a template names the field of a column. */
export function fieldOf(column: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(column) ? `fields.${column}` : `fields[${JSON.stringify(column)}]`;
}

/** A text as it can be read: JSON on lines of its own, anything else as it is. */
export function indented(text: string): string {
  const lines = (() => {
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      return text;
    }
  })();
  return lines.split('\n').map(plain).join('\n');
}
