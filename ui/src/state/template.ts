/** Templates as the engine understands them (Jinja). */

/** How a template names the field of a column. */
export function fieldOf(column: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(column) ? `fields.${column}` : `fields[${JSON.stringify(column)}]`;
}
