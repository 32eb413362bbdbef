/** A request to a service that is being described, and what came of trying it on one record. */
import { asReport, type Door } from '../backend/door';
import type {
  Auth,
  ErrorReport,
  FieldRule,
  JobSpec,
  Lookup,
  Method,
  Register,
  RequestStep,
  RequestTrial,
} from '../backend/types';
import { m } from '../messages';

export interface Pair {
  name: string;
  value: string;
}

/** A field that an answer gives. */
export interface Given {
  name: string;
  pointer: string;
  required: boolean;
}

export type AuthKind = 'none' | 'bearer' | 'basic' | 'header';

export class RequestDraft {
  readonly kind: 'lookup' | 'register';
  name: string = $state('');
  method: Method = $state('GET');
  url: string = $state('');
  body: string = $state('');
  headers: Pair[] = $state([]);
  auth: AuthKind = $state('none');
  /** The user of HTTP basic, or the name of the header. */
  who: string = $state('');
  /** The name of the environment variable that holds the secret. */
  secret: string = $state('');
  fields: Given[] = $state([]);
  /** Where the new asset's id stands in the answer. */
  id: string = $state('');

  trial: RequestTrial | null = $state.raw(null);
  refused: ErrorReport | null = $state.raw(null);
  trying: boolean = $state(false);
  /** Which record it is tried on. */
  at: number = $state(0);

  /** Why it cannot be used yet, in words. */
  readonly problem: string | null = $derived.by(() => {
    const words = m.guide.request.problem;
    const called = this.kind === 'register' ? m.guide.register.title : this.name.trim();
    if (called === '') return words.name;
    if (this.url.trim() === '') return words.url(called);
    if (this.auth !== 'none' && this.secret.trim() === '') return words.secret(called);
    if ((this.auth === 'basic' || this.auth === 'header') && this.who.trim() === '') return words.who(called);
    const wrong = this.fields.find(({ name, pointer }) => name.trim() !== '' && !isPointer(pointer));
    if (wrong) return words.pointer(wrong.name);
    return isPointer(this.id) ? null : words.pointer(m.guide.register.id);
  });

  #door: Door;
  #jobOf: () => JobSpec;
  /** What the window has no control for stays as it is. */
  #rest: Partial<Lookup & Register>;

  private constructor(
    door: Door,
    jobOf: () => JobSpec,
    kind: 'lookup' | 'register',
    from: Partial<Lookup & Register>,
  ) {
    this.#door = door;
    this.#jobOf = jobOf;
    this.#rest = from;
    this.kind = kind;
    this.name = from.name ?? '';
    this.method = from.method ?? 'GET';
    this.url = from.url ?? '';
    this.body = from.body ?? '';
    this.id = from.id ?? '';
    this.headers = Object.entries(from.headers ?? {}).map(([name, value]) => ({ name, value }));
    this.fields = Object.entries(from.fields ?? {}).map(([name, rule]) => ({ name, ...partsOf(rule) }));
    Object.assign(this, authOf(from.auth ?? null));
  }

  static lookup(door: Door, jobOf: () => JobSpec, from: Lookup): RequestDraft {
    return new RequestDraft(door, jobOf, 'lookup', from);
  }

  static register(
    door: Door,
    jobOf: () => JobSpec,
    from: Omit<Register, 'success'> & { readonly success: readonly number[] },
  ): RequestDraft {
    return new RequestDraft(door, jobOf, 'register', { ...from, success: [...from.success] });
  }

  addField = () => this.fields.push({ name: '', pointer: '', required: true });
  addHeader = () => this.headers.push({ name: '', value: '' });

  asLookup(): Lookup {
    const fields = this.fields.filter(({ name }) => name.trim() !== '');
    const { timeout_s } = this.#rest;
    return {
      name: this.name.trim(),
      ...this.#shared(),
      fields: Object.fromEntries(
        fields.map(({ name, pointer, required }) => [name.trim(), ruleOf(pointer, required)]),
      ),
      timeout_s: timeout_s ?? null,
    };
  }

  asRegister(): Register {
    const { idempotency_header, success, timeout_s } = this.#rest;
    return {
      ...this.#shared(),
      idempotency_header: idempotency_header ?? 'Idempotency-Key',
      success: success ?? [],
      id: this.id.trim() === '' ? null : this.id.trim(),
      timeout_s: timeout_s ?? null,
    };
  }

  /** Tries it on a record: a lookup is sent, a registration only shown. */
  try = async (at = this.at): Promise<void> => {
    if (this.trying) return;
    this.trying = true;
    this.refused = null;
    try {
      const job = this.#jobOf();
      this.trial = await this.#door.tryRequest(job, this.#step(job), at);
      this.at = this.trial.on.number;
    } catch (thrown) {
      this.trial = null;
      this.refused = asReport(thrown);
    }
    this.trying = false;
  };

  tryNext = () => this.try(this.at + 1);

  #step(job: JobSpec): RequestStep {
    if (this.kind === 'register') return 'register';
    const own = JSON.stringify(this.asLookup());
    const lookup = (job.lookup ?? []).findIndex((one) => JSON.stringify(one) === own);
    return { lookup: Math.max(0, lookup) };
  }

  #shared() {
    const headers = this.headers.filter(({ name }) => name.trim() !== '');
    return {
      method: this.method,
      url: this.url.trim(),
      headers: Object.fromEntries(headers.map(({ name, value }) => [name.trim(), value])),
      body: this.body.trim() === '' ? null : this.body,
      auth: this.#auth(),
    };
  }

  #auth(): Auth | null {
    const [who, secret] = [this.who.trim(), this.secret.trim()];
    switch (this.auth) {
      case 'none':
        return null;
      case 'bearer':
        return { bearer: secret };
      case 'basic':
        return { basic: { user: who, password: secret } };
      case 'header':
        return { header: { name: who, secret } };
    }
  }
}

const isPointer = (text: string) => text.trim() === '' || text.trim().startsWith('/');

function partsOf(rule: FieldRule): { pointer: string; required: boolean } {
  return typeof rule === 'string' ? { pointer: rule, required: true } : rule;
}

const ruleOf = (pointer: string, required: boolean): FieldRule =>
  required ? pointer.trim() : { pointer: pointer.trim(), required };

function authOf(auth: Auth | null): { auth: AuthKind; who: string; secret: string } {
  if (auth === null) return { auth: 'none', who: '', secret: '' };
  if ('bearer' in auth) return { auth: 'bearer', who: '', secret: auth.bearer };
  if ('basic' in auth) return { auth: 'basic', who: auth.basic.user, secret: auth.basic.password };
  return { auth: 'header', who: auth.header.name, secret: auth.header.secret };
}
