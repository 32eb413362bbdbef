/** The mapping of a job: whole as the window shows it, and without what is not filled in yet as the engine takes
    it; and what the engine says is wrong with it. Pure. */
import type { FieldMapping, Mapping, Requirement } from '../backend/types';

/** Where the engine says the mapping is wrong. */
export interface MapProblem {
  /** The template of the target, a rule for a field (from 0), or a requirement. */
  at: 'target' | 'require' | number;
  why: string;
}

/** A mapping with all that it may say: what the engine leaves out is null or empty here. */
export const mappingOf = (given: Partial<Mapping>): Mapping => ({
  target: given.target ?? null,
  on_collision: given.on_collision ?? 'number',
  field: given.field ?? [],
  require: given.require ?? [],
});

/** The mapping without the rules that nobody has filled in yet. */
export const said = (map: Mapping): Mapping => ({
  ...map,
  field: map.field.filter(({ name, value }: FieldMapping) => name.trim() !== '' || value !== ''),
  require: map.require.filter(({ field }: Requirement) => field.trim() !== ''),
});

/** Where a refusal of the engine points to. */
export function mapProblemOf(text: string): MapProblem {
  const found = /^template "map, (target|field (\d+)[^"]*)": (?:syntax error: )?(.*)$/s.exec(text);
  if (found?.[1] === 'target') return { at: 'target', why: found[3] ?? text };
  if (found?.[2]) return { at: Number(found[2]) - 1, why: found[3] ?? text };
  return { at: 'require', why: text };
}
