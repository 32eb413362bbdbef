// Generated from the engine by `npm run types`. Do not edit.

export type State = "new" | "planning" | "ready" | "running" | "watching" | "waiting" | "pausing" | "paused" | "stopping" | "stopped" | "finished";

export type Stage = "plan" | "ingest" | "transform" | "deliver";

export type Class = "transient" | "permanent" | "outage";

export type Category = "source_missing" | "row_unreadable" | "path_unsafe" | "duplicate_id" | "duplicate_path" | "size_mismatch" | "checksum_mismatch" | "source_unreadable" | "folder_unreadable" | "source_archived" | "source_io" | "source_damaged" | "source_changed" | "source_not_a_file" | "name_collision" | "name_unsupported" | "destination_conflict" | "destination_outside" | "destination_denied" | "destination_io" | "destination_refused" | "file_too_large" | "template_failed" | "metadata_invalid" | "target_unsafe" | "not_found" | "asset_conflict" | "request_rejected" | "answer_invalid" | "field_missing" | "timeout" | "service_error" | "service_unreachable" | "throttled" | "media_unreadable" | "scratch_unusable" | "scratch_too_small" | "verify_mismatch" | "group_incomplete" | "group_too_large" | "internal" | "destination_full" | "destination_gone" | "destination_read_only" | "service_down" | "service_denied" | "checkpoint_unusable" | "tool_gone" | "source_gone";

export type Deed = "look_at" | "open" | "read" | "read_back" | "fetch" | "copy" | "create" | "write" | "finish" | "set_time" | "make_durable" | "name" | "make_name_durable";

export type Must = { "kind": "single" } | { "kind": "there" } | { "kind": "type", 
/**
 * Which one.
 */
expected: FieldType, } | { "kind": "form", 
/**
 * The pattern of it.
 */
pattern: string, } | { "kind": "one_of", 
/**
 * The first of them.
 */
values: Array<string>, 
/**
 * There are more.
 */
more: boolean, };

export type Why = { "kind": "refused", 
/**
 * What was tried.
 */
deed: Deed, 
/**
 * On which file, folder, object or URL.
 */
place: string, 
/**
 * What was said.
 */
said: string, } | { "kind": "gone", 
/**
 * Which one.
 */
place: string, } | { "kind": "another", 
/**
 * Which one.
 */
place: string, } | { "kind": "silent", 
/**
 * How many.
 */
files: number, } | { "kind": "answered", 
/**
 * For what it is asked: `lookup:NAME`, `register`.
 */
step: string, 
/**
 * Its address, without what is the record's own.
 */
at: string, 
/**
 * The answer's status. None: there was no answer.
 */
status: number | null, 
/**
 * The beginning of the answer, or why there was none.
 */
said: string, } | { "kind": "program", 
/**
 * Its name.
 */
program: string, 
/**
 * What it did instead.
 */
said: string, } | { "kind": "field", 
/**
 * Which one.
 */
field: string, 
/**
 * What it holds. None: it is missing or empty.
 */
value: string | null, 
/**
 * What it must be.
 */
must: Must, } | { "kind": "template", 
/**
 * Which one.
 */
name: string, 
/**
 * What is wrong, and in which line.
 */
said: string, } | { "kind": "collision", 
/**
 * The target.
 */
target: string, 
/**
 * The other record.
 */
record: number, } | { "kind": "name", 
/**
 * The name.
 */
name: string, } | { "kind": "checkpoint", 
/**
 * Why.
 */
problem: Problem, 
/**
 * The same in English.
 */
said: string, };

export type Lane = "main" | "recovery" | "aside";

export type RecordState = "pending" | "leased" | "delivered" | "failed" | "skipped" | "excluded";

export type Balance = { 
/**
 * Records that the sources hold.
 */
found: number, 
/**
 * Durable at the destination and verified as stated.
 */
delivered: number, 
/**
 * Could not be delivered.
 */
failed: number, 
/**
 * There already, identical.
 */
skipped: number, 
/**
 * Left out by policy.
 */
excluded: number, 
/**
 * Not tried yet, or handed to a stream at this moment.
 */
pending: number, 
/**
 * Bytes of all records that are not excluded, as planned.
 */
bytes_total: number, 
/**
 * Bytes of the delivered records.
 */
bytes_delivered: number, 
/**
 * Bytes of the skipped records.
 */
bytes_skipped: number, 
/**
 * Bytes of the failed records, as planned.
 */
bytes_failed: number, 
/**
 * Outcomes recorded so far, reprocessed ones counted each time.
 */
attempts: number, 
/**
 * Attempts beyond a record's first.
 */
retries: number, 
/**
 * Answers by which services asked us to slow down.
 */
throttled: number, };

export type Verify = "size" | "written" | "read_back";

export type OnConflict = "skip_identical" | "rename" | "overwrite" | "fail";

export type HashAlgorithm = "xxh128" | "xxh64" | "md5" | "sha1" | "sha256" | "sha512";

export type Delivery = { 
/**
 * What must be proven before a record counts as delivered.
 */
verify: Verify, 
/**
 * What happens when the target's name is taken.
 */
on_conflict: OnConflict, 
/**
 * The hash that is computed while reading.
 */
hash: HashAlgorithm, };

export type Limits = { 
/**
 * Records that the initiator leases at once.
 */
batch_size: number, 
/**
 * Independent processing paths that a batch is split over.
 */
streams: number, 
/**
 * Records in flight at once, over all streams together.
 */
concurrency: number, };

export type Range = { 
/**
 * The smallest value allowed.
 */
min: number, 
/**
 * The largest value allowed.
 */
max: number, };

export type LimitRanges = { 
/**
 * Range of [`Limits::batch_size`].
 */
batch_size: Range, 
/**
 * Range of [`Limits::streams`].
 */
streams: Range, 
/**
 * Range of [`Limits::concurrency`].
 */
concurrency: Range, };

export type RetryRule = { 
/**
 * Tries in all.
 */
attempts: number | null, 
/**
 * The first retry waits up to this long (milliseconds).
 */
backoff_base_ms: number | null, 
/**
 * No retry waits longer than this (seconds).
 */
backoff_cap_s: number | null, };

export type Lease = { 
/**
 * Never less than this (seconds).
 */
floor_s: number, 
/**
 * Never more than this (seconds).
 */
cap_s: number, };

export type Autopilot = { 
/**
 * How much happens at once: towards each service, and at the disks.
 */
concurrency: boolean, 
/**
 * How many records a batch holds.
 */
batch_size: boolean, 
/**
 * How long a batch should take, in seconds.
 */
target_batch_s: number, };

export type Schedule = { 
/**
 * Only this category.
 */
category?: Category | null, 
/**
 * Only what failed in this stage.
 */
stage?: Stage | null, 
/**
 * Only what failed at this service: scheme, host and port.
 */
endpoint?: string | null, 
/**
 * Only messages that contain this text, in any case.
 */
message?: string | null, 
/**
 * How long after their failure, in seconds.
 */
after_s: number, 
/**
 * How often; then they stay failed.
 */
times: number, };

export type Recovery = { 
/**
 * Records that the lane leases at once.
 */
batch_size: number, 
/**
 * Records in flight on the lane.
 */
concurrency: number, 
/**
 * Failed records that go onto the lane by themselves.
 */
schedule: Array<Schedule>, };

export type Timetable = string;

export type Control = { 
/**
 * Tries that a record gets where trying again can help.
 */
attempts: number, 
/**
 * The first retry waits up to this long (milliseconds); each one after it up to twice as long.
 */
backoff_base_ms: number, 
/**
 * No retry waits longer than this (seconds).
 */
backoff_cap_s: number, 
/**
 * Retries that an endpoint may get, in percent of its requests, on top of a small floor.
 */
retry_budget_percent: number, 
/**
 * Other attempts and waits for single categories.
 */
retry: { [key in Category]?: RetryRule }, 
/**
 * Whether the next batch starts while the last records of this one drain. Off: a pure barrier.
 */
look_ahead: boolean, 
/**
 * Bytes a second that may be read from the sources, by weekday and time.
 */
bandwidth: Timetable, 
/**
 * Memory for bytes in flight, in MiB. Bounds how many records may be in flight.
 */
memory_mib: number, 
/**
 * How long a record may stay silent.
 */
lease: Lease, 
/**
 * What the program may set by itself.
 */
autopilot: Autopilot, 
/**
 * The lane on which failed records are tried again while the run goes on.
 */
recovery: Recovery, };

export type Method = "GET" | "POST" | "PUT";

export type Auth = { "bearer": string } | { "basic": { 
/**
 * The user.
 */
user: string, 
/**
 * Name of the secret that is the password.
 */
password: string, } } | { "header": { 
/**
 * The header's name.
 */
name: string, 
/**
 * Name of the secret that is its value.
 */
secret: string, } };

export type FieldRule = string | { 
/**
 * JSON pointer (RFC 6901).
 */
pointer: string, 
/**
 * Whether the record fails where nothing is there.
 */
required: boolean, };

export type Tool = "ffprobe" | "exiftool" | "mediainfo";

export type MediaKind = "video" | "audio" | "image";

export type OnUnknownMedia = "deliver" | "fail";

export type Describe = { 
/**
 * Which program.
 */
tool: Tool, 
/**
 * Where the program is, or its name when it goes by another one. Default: found in `PATH`.
 */
path: string | null, 
/**
 * Files of which kinds are described, told by their names.
 */
kinds: Array<MediaKind>, 
/**
 * Endings of the names of the files to describe, in the place of the known ones of `kinds`.
 */
extensions: Array<string>, 
/**
 * Longest time that the program may take for one file, in seconds.
 */
timeout_s: number, 
/**
 * Most memory that one process may take, in MiB, where the system has such a limit.
 */
memory_mb: number, 
/**
 * Processes at once. Adjustable while running.
 */
processes: number, 
/**
 * Whether the program's own JSON is kept with each record: some kilobytes of checkpoint a file.
 */
keep_raw: boolean, 
/**
 * What happens to a file that cannot be described.
 */
on_unknown_media: OnUnknownMedia, };

export type Scratch = { 
/**
 * A folder of this computer. Default: `sluice/scratch` in the user's folder for caches.
 */
folder: string | null, 
/**
 * What may lie there at one time, over all streams (MiB). A larger file is not described.
 */
limit_mib: number, };

export type GroupPreset = "raw" | "camera" | "p2" | "xdcam" | "avchd" | "red";

export type Group = { "preset": GroupPreset } | { "extensions": Array<string> } | { "folder": string };

export type Lookup = { 
/**
 * What people call it; unique within the job.
 */
name: string, 
/**
 * GET unless said otherwise.
 */
method: Method, 
/**
 * Template of the URL.
 */
url: string, 
/**
 * Templates of headers, by name.
 */
headers?: { [key in string]: string }, 
/**
 * Template of the body.
 */
body?: string | null, 
/**
 * How to sign in.
 */
auth?: Auth | null, 
/**
 * Fields that the answer gives.
 */
fields: { [key in string]: FieldRule }, 
/**
 * Longest wait for an answer, in seconds. Default: by the lease's measure.
 */
timeout_s?: number | null, };

export type Register = { 
/**
 * POST unless said otherwise.
 */
method: Method, 
/**
 * Template of the URL.
 */
url: string, 
/**
 * Templates of headers, by name.
 */
headers?: { [key in string]: string }, 
/**
 * Template of the body.
 */
body?: string | null, 
/**
 * How to sign in.
 */
auth?: Auth | null, 
/**
 * The header that carries the record's own key, the same in every attempt, so that a repeat
 * makes no second asset (IETF draft "The Idempotency-Key HTTP Header Field").
 */
idempotency_header: string, 
/**
 * Statuses that mean success. 409 belongs here where the service answers so to a repeat.
 */
success: Array<number>, 
/**
 * JSON pointer (RFC 6901) to the new asset's id in the answer; kept with the record.
 */
id?: string | null, 
/**
 * Longest wait for an answer, in seconds. Default: by the lease's measure.
 */
timeout_s?: number | null, };

export type Term = "title" | "creator" | "subject" | "description" | "publisher" | "contributor" | "date" | "type" | "identifier" | "source" | "language" | "relation" | "coverage" | "rights";

export type SidecarFormat = "json" | "xmp" | "dublin_core" | "pbcore" | "ebucore";

export type SidecarName = "full" | "stem";

export type Sidecar = { 
/**
 * What is written.
 */
format: SidecarFormat, 
/**
 * Under which name.
 */
name: SidecarName, 
/**
 * Where each term's value comes from: a place in the record (`fields.Title`, `tech.duration_s`,
 * `stem`) or a template (`{{ fields.Title | upper }}`). An empty text: nowhere. What is not
 * named comes from the field with a usual name, such as `title` or `keywords`.
 */
fields?: { [key in Term]?: string }, };

export type CatalogueRecords = "delivered" | "all";

export type CatalogueOut = { 
/**
 * The file; its ending says how (`.csv`, `.xlsx`, `.ndjson`). One that is there is replaced.
 */
path: string, 
/**
 * Which records are in it.
 */
records: CatalogueRecords, };

export type Endpoint = { 
/**
 * Requests in flight at once. Default: the migration's concurrency, or the autopilot's.
 */
concurrency: number | null, 
/**
 * Requests a second.
 */
rate: number | null, 
/**
 * Requests that may go at once after a pause. Default: one second's worth.
 */
burst: number | null, };

export type OnCollision = "number" | "fail";

export type FieldMapping = { 
/**
 * The field's name.
 */
name: string, 
/**
 * Template of its value.
 */
value: string, 
/**
 * Expression; where it does not hold, the field stays as it is.
 */
when?: string | null, };

export type FieldType = "text" | "integer" | "number" | "date" | "boolean";

export type Requirement = { 
/**
 * The field's name.
 */
field: string, 
/**
 * Of which type it must be.
 */
type?: FieldType | null, 
/**
 * Regular expression that its whole value must fit.
 */
pattern?: string | null, 
/**
 * The values that it may have. Empty: any.
 */
one_of?: Array<string>, 
/**
 * Whether it may be missing or empty.
 */
optional?: boolean, };

export type Mapping = { 
/**
 * Template of the path below the destination, with `/` between its parts. In it only the template's
 * own `/` makes folders: a `/` or `\` within a value becomes `_`, but for `path`, `folder` and what
 * goes through the filter `path`. Default: a record's path below its source.
 */
target: string | null, 
/**
 * What happens when two records would have the same target.
 */
on_collision: OnCollision, 
/**
 * Fields that are set, in this order; each may use those before it.
 */
field: Array<FieldMapping>, 
/**
 * What fields must be.
 */
require: Array<Requirement>, };

export type CatalogueFormat = "csv" | "xlsx" | "xls" | "ods" | "json" | "ndjson" | "ale";

export type PrefixRule = { 
/**
 * `Z:\Archive`, `\\server\share`, `/Volumes/Archive`, or `Archive:Tapes` as old Macs write it.
 */
from: string, 
/**
 * The folder on this computer.
 */
to: string, };

export type ChecksumColumn = { 
/**
 * The column.
 */
column: string, 
/**
 * How it was computed. Default: as the value says by a prefix (`md5:…`), else by its length.
 */
algorithm?: HashAlgorithm | null, };

export type UrlName = "path" | "content_disposition";

export type Catalogue = { 
/**
 * The export: CSV, TSV, XLSX, XLS, ODS, JSON, NDJSON or Avid ALE.
 */
file: string, 
/**
 * A preset; what is left out here comes from there.
 */
preset: string | null, 
/**
 * What kind of file it is.
 */
format: CatalogueFormat | null, 
/**
 * Its character encoding, by a label of <https://encoding.spec.whatwg.org/#names-and-labels>,
 * such as `windows-1252`, `macintosh`, `shift_jis`.
 */
encoding: string | null, 
/**
 * What stands between two cells: one character, or `tab`.
 */
delimiter: string | null, 
/**
 * What stands around a cell that holds a delimiter: one character, or `none`.
 */
quote: string | null, 
/**
 * Which sheet of a workbook.
 */
sheet: string | null, 
/**
 * The row with the columns' names, as a spreadsheet counts; 0: there is none.
 */
header_row: number | null, 
/**
 * Rows at the beginning that are left out.
 */
skip: number | null, 
/**
 * The column with the file's path, or several that are joined by `/`.
 */
path: Array<string>, 
/**
 * Where relative paths begin. Default: the catalogue's own folder, unless there are prefixes.
 */
base: string | null, 
/**
 * Beginnings of paths as the catalogue writes them, and where these are on this computer.
 */
prefix: Array<PrefixRule>, 
/**
 * The column with the record's own number or name in the catalogue.
 */
id: string | null, 
/**
 * The column with the file's size in bytes; a file of another size fails.
 */
size: string | null, 
/**
 * The column with the file's checksum; a file with another one fails.
 */
checksum: ChecksumColumn | null, 
/**
 * What files that rows name by a URL are called. Default: as the URL's own path.
 */
url_name: UrlName | null, 
/**
 * Whether files below `base` that no row names are counted, as excluded.
 */
unlisted: boolean | null, };

export type OnChange = "again" | "ignore";

export type Watch = { 
/**
 * A file is complete when its size and its modification time have not changed for so long.
 */
quiet: string, 
/**
 * Complete is, instead, what somebody says is complete: `clip.mov` when `clip.mov` followed by this
 * text (`clip.mov.ready`) is a file beside it, or when its folder, or one above it up to the source,
 * holds a file of just this name (`.ready`). Files whose name ends with this text are left out,
 * counted as excluded.
 */
marker: string | null, 
/**
 * What becomes of a file that changes after it was delivered.
 */
on_change: OnChange, 
/**
 * Ask the system to tell of changes. It only hurries the next listing up; network mounts are never
 * asked, because they do not tell what other computers do.
 */
events: boolean, 
/**
 * How often the folders are listed anew where the system does not tell of changes.
 */
poll: string, 
/**
 * How often they are listed all the same where it does.
 */
rescan: string, 
/**
 * End when nothing has arrived, nothing is incomplete and nothing is pending for so long; what waits for
 * its marker does not count. None: go on until somebody pauses or stops it.
 */
idle_end: string | null, };

export type SecretField = "access_key_id" | "secret_access_key" | "session_token" | "account_key" | "sas_token" | "client_secret" | "service_account_key" | "password" | "key_passphrase" | "token";

export type S3Checksum = "crc64nvme" | "crc32c" | "sha256" | "md5" | "none";

export type S3Guard = "conditional" | "look";

export type S3 = { 
/**
 * `https://s3.example:9000`. Default: Amazon's own for the region.
 */
endpoint: string | null, 
/**
 * Such as `eu-central-1`. Default: `us-east-1`.
 */
region: string | null, 
/**
 * Whether the bucket stands in the path and not in the host's name. Default: where there is an
 * endpoint of its own.
 */
path_style: boolean | null, 
/**
 * A profile of `~/.aws/config` and `~/.aws/credentials`.
 */
profile: string | null, 
/**
 * Nobody signs in: for public buckets.
 */
anonymous: boolean, 
/**
 * The checksum that the service is asked to compute of what arrives.
 */
checksum: S3Checksum, 
/**
 * What keeps two writers from replacing each other's objects unseen.
 */
guard: S3Guard, 
/**
 * Up to this size (MiB) the service copies an object of its own in one request; what is larger, in parts.
 * Default: 5,120, as Amazon does.
 */
copy_limit_mib: number | null, };

export type Azure = { 
/**
 * The storage account's name.
 */
account: string | null, 
/**
 * Where the account's blobs are, as a connection string has it under `BlobEndpoint`: another cloud, or an
 * emulator such as `http://127.0.0.1:10000/devstoreaccount1`. Default:
 * `https://ACCOUNT.blob.core.windows.net`.
 */
endpoint: string | null, 
/**
 * The directory (tenant) of an application that signs in by the secret `client_secret`, as number or name.
 * Default: an account key or a SAS token signs in.
 */
tenant: string | null, 
/**
 * The number of that application (client); with `managed_identity`, which one of several identities signs in.
 */
client_id: string | null, 
/**
 * Where that application signs in, in other clouds. Default: `https://login.microsoftonline.com`.
 */
authority: string | null, 
/**
 * This computer itself signs in, which is one of Azure's, by the identity that Azure manages for it.
 */
managed_identity: boolean, 
/**
 * Nobody signs in: for public containers.
 */
anonymous: boolean, };

export type Gcs = { 
/**
 * Another address of the service, such as an emulator's. Default: `https://storage.googleapis.com`.
 */
endpoint: string | null, 
/**
 * The file with the service account's key, as Google gives it (JSON), or what `gcloud auth application-default
 * login` keeps. Default: the secret `service_account_key`, which is the content of the former.
 */
key_file: string | null, 
/**
 * Nobody signs in: for public buckets.
 */
anonymous: boolean, };

export type Sftp = { 
/**
 * Name or address of the server.
 */
host: string, 
/**
 * Default: 22.
 */
port?: number | null, 
/**
 * Who signs in. Default: the name of this computer's user.
 */
user?: string | null, 
/**
 * The private key. Default: those that SSH would take, and its agent.
 */
key?: string | null, 
/**
 * The file with the host keys that are trusted. Default: `~/.ssh/known_hosts`.
 */
known_hosts?: string | null, 
/**
 * Connections at once, at most.
 */
sessions?: number | null, };

export type Webdav = { 
/**
 * `https://dam.example/remote.php/dav`.
 */
url: string, 
/**
 * Who signs in, by a password. Default: nobody, or by a token.
 */
user?: string | null, 
/**
 * Connections at once, at most.
 */
sessions?: number | null, };

export type FtpTls = "none" | "explicit" | "implicit";

export type Ftp = { 
/**
 * Name or address of the server.
 */
host: string, 
/**
 * Default: 21; 990 with implicit TLS.
 */
port?: number | null, 
/**
 * Who signs in. Default: anonymous.
 */
user?: string | null, 
/**
 * How the connection is kept from others.
 */
tls: FtpTls, 
/**
 * Connections at once, at most.
 */
sessions?: number | null, };

export type Http = { 
/**
 * `https://dam.example/media`: below it, requests sign in.
 */
url: string, 
/**
 * Who signs in, by a password (HTTP basic). Default: nobody, or by a token.
 */
user?: string | null, 
/**
 * The header that the token is sent in, such as `X-Api-Key`. Default: `Authorization: Bearer …`.
 */
header?: string | null, };

export type Connection = { "kind": "s3" } & S3 | { "kind": "azure" } & Azure | { "kind": "gcs" } & Gcs | { "kind": "sftp" } & Sftp | { "kind": "webdav" } & Webdav | { "kind": "ftp" } & Ftp | { "kind": "http" } & Http;

export type Location = string;

export type SecretPlace = "environment" | "keychain" | "locked" | "missing";

export type SecretAt = { 
/**
 * Which secret.
 */
field: SecretField, 
/**
 * Where it is.
 */
place: SecretPlace, 
/**
 * The environment variable that holds it, or would.
 */
variable: string, };

export type Known = { 
/**
 * How locations name it.
 */
name: string, 
/**
 * How it is reached.
 */
connection: Connection, 
/**
 * Where each secret is that it may need.
 */
secrets: Array<SecretAt>, };

export type Taken = { 
/**
 * What rclone calls it.
 */
remote: string, 
/**
 * What we call it.
 */
name: string, 
/**
 * How it is reached.
 */
connection: Connection, 
/**
 * Where its secrets are now, or would be. Missing: there is no keychain, so the variable must
 * be set.
 */
secrets: Array<SecretAt>, 
/**
 * Options of rclone that have no counterpart here; nothing depends on them.
 */
dropped: Array<string>, };

export type Left = { 
/**
 * What rclone calls it.
 */
remote: string, 
/**
 * Why, and what to do.
 */
why: string, };

export type Imported = { 
/**
 * What is a connection now, or would be.
 */
taken: Array<Taken>, 
/**
 * What is not.
 */
left: Array<Left>, };

export type Step = "reach" | "clock" | "sign_in" | "list" | "write" | "checksum" | "guard" | "read" | "times" | "delete";

export type StepResult = "ok" | "failed" | "not_supported" | "skipped";

export type Heard = { "kind": "not_tried" } | { "kind": "answers" } | { "kind": "late", 
/**
 * How long it was waited for, in seconds.
 */
waited_s: number, } | { "kind": "no_answer", 
/**
 * Where it was asked.
 */
from: string, 
/**
 * What the system said.
 */
said: string, } | { "kind": "no_time" } | { "kind": "clocks_agree" } | { "kind": "clock_ahead", 
/**
 * By so many seconds.
 */
seconds: number, 
/**
 * So far that nobody can sign in.
 */
too_far: boolean, } | { "kind": "clock_behind", 
/**
 * By so many seconds.
 */
seconds: number, 
/**
 * So far that nobody can sign in.
 */
too_far: boolean, } | { "kind": "knows_us" } | { "kind": "does_not_refuse" } | { "kind": "files", 
/**
 * How many were listed.
 */
files: number, 
/**
 * There are more.
 */
more: boolean, } | { "kind": "no_folder_yet" } | { "kind": "wrote", 
/**
 * How many.
 */
bytes: number, } | { "kind": "same_checksum" } | { "kind": "no_checksum" } | { "kind": "refuses_taken" } | { "kind": "replaces" } | { "kind": "same_bytes" } | { "kind": "other_bytes" } | { "kind": "keeps_times" } | { "kind": "loses_times" } | { "kind": "gone" } | { "kind": "said_gone" } | { "kind": "stays", 
/**
 * The file.
 */
key: string, 
/**
 * What the service said. None: that it is gone.
 */
said: string | null, } | { "kind": "bytes", 
/**
 * How many.
 */
bytes: number, } | { "kind": "no_size" } | { "kind": "nothing_itself", 
/**
 * What the server said.
 */
said: string, } | { "kind": "said", 
/**
 * What.
 */
said: string, };

export type TrialStep = { 
/**
 * What was tried.
 */
step: Step, 
/**
 * What came of it.
 */
result: StepResult, 
/**
 * What was found, or why it failed; safe to show.
 */
said: string, 
/**
 * How long it took, in milliseconds.
 */
took_ms: number, 
/**
 * The same as a value, for whoever says it in another language.
 */
what: Heard | null, };

export type Trial = { 
/**
 * The place that was tried.
 */
place: string, 
/**
 * The service: scheme, host and port.
 */
service: string, 
/**
 * Every step, in order.
 */
steps: Array<TrialStep>, };

export type HostTrust = "known" | "unknown" | "changed" | "revoked";

export type HostKey = { 
/**
 * The server's name and port.
 */
host: string, 
/**
 * The kind of key, such as `ssh-ed25519`.
 */
algorithm: string, 
/**
 * What is compared with what the server's administrator says: `SHA256:…`.
 */
fingerprint: string, 
/**
 * What the user knows of it.
 */
trust: HostTrust, 
/**
 * The file with the keys that are known.
 */
known_hosts: string, };

export type JobSpec = { 
/**
 * What people call it. Default: the destination's name.
 */
name: string, 
/**
 * Folders or files, here or behind a connection. One folder: its content goes right below the
 * destination; several sources: each goes below its own name. May be empty where there is a
 * catalogue.
 */
sources: Array<Location>, 
/**
 * Catalogues that name the files to move.
 */
catalogue?: Array<Catalogue>, 
/**
 * The folder that receives the files, here or behind a connection. Is made when it is not there.
 */
destination: Location, 
/**
 * Stay open and take in files as they arrive in the sources.
 */
watch?: Watch | null, 
/**
 * How files are delivered and proven.
 */
deliver: Delivery, 
/**
 * How much happens at once.
 */
limits: Limits, 
/**
 * How retries, leases, bandwidth and the autopilot are set.
 */
control: Control, 
/**
 * Rules by which files belong together: delivered together or failed together.
 */
group?: Array<Group>, 
/**
 * Reads the technical metadata of files before anything else is done with them.
 */
describe?: Describe | null, 
/**
 * Where files from elsewhere lie while a program looks at them.
 */
scratch?: Scratch, 
/**
 * How records are described and named.
 */
map?: Mapping, 
/**
 * Requests that describe a record before it is delivered, in this order.
 */
lookup?: Array<Lookup>, 
/**
 * The request that enters a delivered record into a catalogue.
 */
register?: Register | null, 
/**
 * Files with metadata that are written beside each delivered file.
 */
sidecar?: Array<Sidecar>, 
/**
 * The catalogue that is written at the end of each run.
 */
catalogue_out?: CatalogueOut | null, 
/**
 * Limits of single services, by scheme, host and port: `"https://dam.example"`.
 */
endpoints?: { [key in string]: Endpoint }, 
/**
 * Services that keep files, by the name that locations use.
 */
connections?: { [key in string]: Connection }, };

export type Sample = { 
/**
 * End of that second, in milliseconds since 1970 (UTC).
 */
at_ms: number, 
/**
 * Records a second.
 */
records_per_s: number, 
/**
 * Bytes a second.
 */
bytes_per_s: number, };

export type TimeLeft = { 
/**
 * If it goes well.
 */
low_s: number, 
/**
 * If it goes less well.
 */
high_s: number, };

export type StepLatency = { 
/**
 * `lookup:rights`, `register`.
 */
step: string, 
/**
 * Answers since the start of the run.
 */
answers: number, 
/**
 * Half of the answers of the last minute came within this (milliseconds).
 */
p50_ms: number, 
/**
 * 95 of 100 came within this (milliseconds).
 */
p95_ms: number, 
/**
 * 99 of 100 came within this (milliseconds).
 */
p99_ms: number, };

export type Offer = { "knob": "concurrency", 
/**
 * How many.
 */
to: number, } | { "knob": "service_concurrency", 
/**
 * Scheme, host and port.
 */
service: string, 
/**
 * How many.
 */
to: number, } | { "knob": "look_ahead" };

export type SlowRecord = { 
/**
 * Its path below its source, safe to show.
 */
path: string, 
/**
 * What is being done: `ingest`, `describe`, `lookup:NAME`, `copy`, `register`.
 */
step: string, 
/**
 * For how many seconds.
 */
for_s: number, };

export type Bottleneck = { "kind": "throttled", 
/**
 * Scheme, host and port.
 */
service: string, 
/**
 * Share of its answers.
 */
share: number, 
/**
 * From which on.
 */
from: number, 
/**
 * Over the last seconds.
 */
span_s: number, } | { "kind": "network", 
/**
 * Scheme, host and port of the service.
 */
service: string, 
/**
 * Share of the requests to it.
 */
share: number, 
/**
 * From which on.
 */
from: number, 
/**
 * Over the last seconds.
 */
span_s: number, } | { "kind": "rate_limit", 
/**
 * Scheme, host and port.
 */
service: string, 
/**
 * Records that wait for their turn.
 */
waiting: number, 
/**
 * Places that are taken.
 */
in_flight: number, 
/**
 * Places that there are.
 */
concurrency: number, } | { "kind": "bandwidth", 
/**
 * Bytes that move in a second.
 */
bytes_per_s: number, 
/**
 * Bytes that may.
 */
limit: number, 
/**
 * From which share on.
 */
from: number, } | { "kind": "stragglers", 
/**
 * Share of the streams' time.
 */
share: number, 
/**
 * From which on.
 */
from: number, 
/**
 * The record that they wait for, or waited for last.
 */
last: SlowRecord | null, } | { "kind": "cpu", 
/**
 * Share of their time.
 */
share: number, 
/**
 * From which on.
 */
from: number, } | { "kind": "checkpoint", 
/**
 * Share of the time.
 */
share: number, 
/**
 * From which on.
 */
from: number, } | { "kind": "own_limit", 
/**
 * How many may be.
 */
places: number, 
/**
 * Share of them that is taken.
 */
share: number, 
/**
 * From which on.
 */
from: number, } | { "kind": "destination", 
/**
 * Share of the time of moving bytes.
 */
share: number, 
/**
 * From which on.
 */
from: number, } | { "kind": "source", 
/**
 * Share of the time of moving bytes.
 */
share: number, 
/**
 * From which on.
 */
from: number, };

export type Advice = { 
/**
 * A word for scripts: `throttled`, `network`, `rate_limit`, `bandwidth`, `stragglers`, `cpu`,
 * `checkpoint`, `source`, `destination`, `own_limit`.
 */
code: string, 
/**
 * What, with its figure and its threshold.
 */
sentence: string, 
/**
 * The change that may help.
 */
offer: Offer | null, 
/**
 * The same as a value, for whoever says it in another language.
 */
what: Bottleneck | null, };

export type Part = "ingest" | "transform" | "deliver" | "reading" | "writing" | "proving" | "recording";

export type ServicePoint = { 
/**
 * Scheme, host and port.
 */
name: string, 
/**
 * Requests sent.
 */
requests: number, 
/**
 * Those of them that repeated a failed one.
 */
retries: number, 
/**
 * Answers that asked us to slow down.
 */
throttled: number, 
/**
 * Requests that were in flight, at the end of the span.
 */
in_flight: number, 
/**
 * Requests that might be in flight, at the end of the span.
 */
concurrency: number, 
/**
 * Half of the answers came within this (milliseconds); the slowest step.
 */
p50_ms: number, 
/**
 * 95 of 100 came within this (milliseconds); the slowest step.
 */
p95_ms: number, 
/**
 * Whether it was taken to be away at the end of the span, or of one that it sums up.
 */
is_away: boolean, };

export type PartPoint = { 
/**
 * Which one.
 */
part: Part, 
/**
 * How often it was done.
 */
done: number, 
/**
 * Half took no longer than this (milliseconds).
 */
p50_ms: number, 
/**
 * 95 of 100 took no longer than this (milliseconds).
 */
p95_ms: number, };

export type MetricPoint = { 
/**
 * The span's end, in milliseconds since 1970 (UTC).
 */
at_ms: number, 
/**
 * Its length in seconds; grows with age.
 */
span_s: number, 
/**
 * Records a second.
 */
records_per_s: number, 
/**
 * Bytes a second.
 */
bytes_per_s: number, 
/**
 * Records in flight, on average.
 */
in_flight: number, 
/**
 * Records that might be in flight, on average.
 */
concurrency: number, 
/**
 * Share of the streams' time that they stood idle at the barrier (0 to 1).
 */
barrier_idle: number, 
/**
 * Each service that was asked.
 */
services: Array<ServicePoint>, 
/**
 * The stages and what the time was spent on.
 */
parts: Array<PartPoint>, 
/**
 * What held the run back at the end of the span.
 */
advice: Advice | null, };

export type History = { 
/**
 * Where its first point of all begins, in milliseconds since 1970 (UTC). None: there is none yet.
 */
begins_ms: number | null, 
/**
 * Where its last point of all ends.
 */
ends_ms: number | null, 
/**
 * The points of the stretch, oldest first.
 */
points: Array<MetricPoint>, };

export type Actor = "person" | "job_file" | "autopilot" | "engine";

export type SettingChange = { 
/**
 * Its place in the job file: `control.bandwidth`, `endpoints."https://dam.example".rate`.
 */
setting: string, 
/**
 * What it was, as JSON, at most a line of it. None: it was not there, or it is too large to tell.
 */
from: string | null, 
/**
 * What it is now, likewise.
 */
to: string | null, };

export type ServiceStatus = { 
/**
 * Scheme, host and port.
 */
name: string, 
/**
 * Requests in flight.
 */
in_flight: number, 
/**
 * Requests that may be in flight.
 */
concurrency: number, 
/**
 * Records that wait for their turn.
 */
waiting: number, 
/**
 * Requests sent since the start of the run.
 */
requests: number, 
/**
 * Those of them that repeated a failed one.
 */
retries: number, 
/**
 * Answers that asked us to slow down.
 */
throttled: number, 
/**
 * Requests that failed on the service's side or on the way.
 */
failed: number, 
/**
 * Whether it is taken to be away.
 */
is_away: boolean, 
/**
 * Latencies by step.
 */
latencies: Array<StepLatency>, };

export type PartStatus = { 
/**
 * Which one.
 */
part: Part, 
/**
 * Records in it. None: it is no stage, but a piece of one.
 */
in_flight: number | null, 
/**
 * How often it was done since the start of the run.
 */
done: number, 
/**
 * Half of the latest took no longer than this (milliseconds).
 */
p50_ms: number, 
/**
 * 95 of 100 took no longer than this (milliseconds).
 */
p95_ms: number, };

export type Outage = { 
/**
 * Which kind.
 */
category: Category, 
/**
 * What was tried, and what the system said.
 */
message: string, 
/**
 * What the person can do.
 */
advice: string, 
/**
 * When it began, in milliseconds since 1970 (UTC).
 */
since_ms: number, 
/**
 * When the next look is taken whether it is over, in milliseconds since 1970 (UTC).
 */
next_probe_ms: number | null, 
/**
 * Looks taken so far.
 */
probes: number, 
/**
 * What the message tells, for whoever says it in another language. None: an earlier version, or a later
 * one, wrote it down; then there are the words.
 */
what: Why | null, };

export type StreamSummary = { 
/**
 * Records that it was given.
 */
records: number, 
/**
 * Bytes that it was given, as planned.
 */
bytes: number, 
/**
 * Its outcomes so far.
 */
delivered: number, 
/**
 * Its failures so far.
 */
failed: number, 
/**
 * Its skipped records so far.
 */
skipped: number, 
/**
 * Failed for now, and waiting for their next try.
 */
retried: number, 
/**
 * Given back untouched (pause, stop or outage).
 */
returned: number, 
/**
 * When its last record ended, in milliseconds since 1970 (UTC). From here to the batch's end
 * it stood idle at the barrier.
 */
ended_ms: number | null, 
/**
 * The record that ended last: where the other streams waited for this one, its straggler.
 */
last?: string, };

export type BatchSummary = { 
/**
 * Its number.
 */
id: number, 
/**
 * Start, in milliseconds since 1970 (UTC).
 */
started_ms: number, 
/**
 * When the barrier fell, in milliseconds since 1970 (UTC).
 */
ended_ms: number, 
/**
 * Each stream's part.
 */
streams: Array<StreamSummary>, };

export type ActiveRecord = { 
/**
 * Its number.
 */
id: number, 
/**
 * Its path below its source, safe to show.
 */
path: string, 
/**
 * What is being done: `ingest`, `describe`, `lookup:NAME`, `copy`, `register`.
 */
step: string, 
/**
 * Its size in bytes.
 */
size: number, 
/**
 * Bytes read so far.
 */
done: number, 
/**
 * When its work began, in milliseconds since 1970 (UTC).
 */
since_ms: number, };

export type LiveStream = { 
/**
 * Its counts so far.
 */
summary: StreamSummary, 
/**
 * Records that it works on now: the one that it started first comes first; at most eight.
 */
active: Array<ActiveRecord>, };

export type LiveBatch = { 
/**
 * Its number.
 */
id: number, 
/**
 * Start, in milliseconds since 1970 (UTC).
 */
started_ms: number, 
/**
 * Each stream's part so far.
 */
streams: Array<LiveStream>, };

export type Progress = { 
/**
 * When it was taken, in milliseconds since 1970 (UTC).
 */
at_ms: number, 
/**
 * The migration's state.
 */
state: State, 
/**
 * What is recorded, and, while planning, what was found so far.
 */
balance: Balance, 
/**
 * The limits in force. Batch size and streams apply from the next batch on.
 */
limits: Limits, 
/**
 * Records in flight at this moment.
 */
in_flight: number, 
/**
 * Bytes that moved since this program started the run, live.
 */
bytes_moved: number, 
/**
 * The latest throughput sample, one a second while running.
 */
sample: Sample | null, 
/**
 * How long the rest will take.
 */
time_left: TimeLeft | null, 
/**
 * The batch that runs.
 */
batch: LiveBatch | null, 
/**
 * The batch on the recovery lane.
 */
recovery: LiveBatch | null, 
/**
 * Records that hung before, and are tried again aside.
 */
aside: LiveBatch | null, 
/**
 * Records that may be in flight at this moment; the autopilot may have set it.
 */
concurrency: number, 
/**
 * The services that are asked.
 */
services: Array<ServiceStatus>, 
/**
 * The program that describes files, if the job has one, shown like a service: each request is
 * a process, and what failed is a file without a description.
 */
describing: ServiceStatus | null, 
/**
 * Why the run waits, if an outage stopped it.
 */
outage: Outage | null, 
/**
 * What holds the run back, if anything does.
 */
advice: Advice | null, 
/**
 * Files in watched folders that are not complete yet, as the last listing showed them. They count as
 * found once they are.
 */
arriving: number, 
/**
 * The stages and what the time is spent on, in the order of the way.
 */
parts: Array<PartStatus>, 
/**
 * When the run pauses by itself, in milliseconds since 1970 (UTC).
 */
pause_at_ms: number | null, };

export type Knob = { "kind": "concurrency" } | { "kind": "batch_size" } | { "kind": "service", 
/**
 * Scheme, host and port.
 */
name: string, };

export type Reason = { "kind": "welcome", 
/**
 * How long an answer takes.
 */
answer: number, } | { "kind": "quiet_since", 
/**
 * How many.
 */
refused: number, } | { "kind": "more_did_not_pay", 
/**
 * How long an answer took.
 */
before: number, 
/**
 * How long it takes.
 */
after: number, } | { "kind": "pushed_back" } | { "kind": "slower", 
/**
 * How long an answer took.
 */
before: number, 
/**
 * How long it takes.
 */
after: number, } | { "kind": "try_fewer" } | { "kind": "fewer_do", 
/**
 * How long an answer took.
 */
before: number, 
/**
 * How long it takes.
 */
after: number, } | { "kind": "all_needed" } | { "kind": "try_more" } | { "kind": "faster", 
/**
 * How much moved.
 */
before: number, 
/**
 * How much moves.
 */
after: number, } | { "kind": "no_faster", 
/**
 * How much moved.
 */
before: number, 
/**
 * How much moves.
 */
after: number, } | { "kind": "fewer_as_fast", 
/**
 * How much moved.
 */
before: number, 
/**
 * How much moves.
 */
after: number, } | { "kind": "fewer_slower", 
/**
 * How much moved.
 */
before: number, 
/**
 * How much moves.
 */
after: number, } | { "kind": "batch_time", 
/**
 * How long one took.
 */
took: number, 
/**
 * How long one should take.
 */
target: number, };

export type Turn = { 
/**
 * What it turned.
 */
knob: Knob, 
/**
 * Why.
 */
reason: Reason, };

export type Unheard = { "kind": "network", 
/**
 * The folder, safe to show.
 */
folder: string, } | { "kind": "no_more_watches" } | { "kind": "refused", 
/**
 * What it said.
 */
said: string, };

export type Polling = { 
/**
 * Why.
 */
why: Unheard, 
/**
 * How often.
 */
every: string, };

export type EventKind = { "kind": "state_changed", 
/**
 * The state before.
 */
from: State, 
/**
 * The state now.
 */
to: State, } | { "kind": "planned", 
/**
 * What the sources hold.
 */
balance: Balance, } | { "kind": "batch_started", 
/**
 * Its number.
 */
batch: number, 
/**
 * Which way it goes.
 */
lane: Lane, 
/**
 * Records in it.
 */
records: number, 
/**
 * Bytes in it, as planned.
 */
bytes: number, 
/**
 * Streams it was split over.
 */
streams: number, } | { "kind": "batch_ended", 
/**
 * How it went.
 */
batch: BatchSummary, } | { "kind": "records_failed", 
/**
 * The batch.
 */
batch: number, 
/**
 * Which records (the outcomes of one commit, so at most a few hundred).
 */
records: Array<number>, } | { "kind": "limits_changed", 
/**
 * Who.
 */
by: Actor, 
/**
 * The limits before.
 */
from: Limits, 
/**
 * The limits now.
 */
to: Limits, } | { "kind": "settings_changed", 
/**
 * Who.
 */
by: Actor, 
/**
 * What; never empty.
 */
changes: Array<SettingChange>, } | { "kind": "pause_set", 
/**
 * When, in milliseconds since 1970 (UTC). None: taken back.
 */
at_ms: number | null, } | { "kind": "pause_due" } | { "kind": "autopilot_changed", 
/**
 * Which one, in words.
 */
knob: string, 
/**
 * The value before.
 */
from: number, 
/**
 * The value now.
 */
to: number, 
/**
 * Why, in a sentence.
 */
reason: string, 
/**
 * Both as values, for whoever says them in another language. None: an earlier version, or a
 * later one, wrote it down; then there are the words.
 */
what: Turn | null, } | { "kind": "outage_began", 
/**
 * What is missing, and what to do.
 */
outage: Outage, } | { "kind": "outage_ended", 
/**
 * What was missing.
 */
category: Category, 
/**
 * How long, in seconds.
 */
lasted_s: number, 
/**
 * Looks that were taken.
 */
probes: number, 
/**
 * Attempts that were not counted because the outage had spoiled them.
 */
refunded: number, } | { "kind": "checkpoint_writable" } | { "kind": "folder_failed", 
/**
 * The folder, safe to show.
 */
path: string, 
/**
 * What the system said.
 */
message: string, } | { "kind": "reprocessed", 
/**
 * How many.
 */
records: number, 
/**
 * Which way they go.
 */
lane: Lane, } | { "kind": "amended", 
/**
 * How many.
 */
records: number, } | { "kind": "left", 
/**
 * How many.
 */
records: number, } | { "kind": "taken_up", 
/**
 * How many.
 */
records: number, } | { "kind": "catalogue_written", 
/**
 * The file.
 */
file: string, 
/**
 * Records in it.
 */
records: number, } | { "kind": "catalogue_failed", 
/**
 * The file.
 */
file: string, 
/**
 * What the system said.
 */
message: string, } | { "kind": "watch_polls", 
/**
 * Why, and how often.
 */
message: string, 
/**
 * The same as a value, for whoever says it in another language. None: an earlier version, or a later
 * one, wrote it down; then there are the words.
 */
what: Polling | null, } | { "kind": "leases_released", 
/**
 * How many.
 */
records: number, };

export type Event = { 
/**
 * Its number, from 1, without gaps.
 */
seq: number, 
/**
 * When, in milliseconds since 1970 (UTC).
 */
at_ms: number, 
/**
 * Whose doing it is.
 */
by: Actor, 
/**
 * What happened.
 */
what: EventKind, };

export type Severity = "blocks" | "warns" | "notes";

export type End = "source" | "destination";

export type ServiceKind = "s3" | "azure" | "gcs" | "files";

export type PlaceTrouble = "sign_in" | "denied" | "missing" | "unreachable" | "busy" | "no_retry" | "refuses";

export type Refusal = { "kind": "source_twice", 
/**
 * The source.
 */
place: string, } | { "kind": "source_missing", 
/**
 * Where it was looked for.
 */
path: string, } | { "kind": "source_unreadable", 
/**
 * The source.
 */
path: string, 
/**
 * What the system said.
 */
said: string, } | { "kind": "source_is_object", 
/**
 * The source.
 */
place: string, } | { "kind": "source_unlistable", 
/**
 * The source.
 */
place: string, 
/**
 * What was said.
 */
said: string, } | { "kind": "source_unseen", 
/**
 * The source.
 */
place: string, 
/**
 * What was said. None: it does not answer.
 */
said: string | null, } | { "kind": "watch_not_a_folder", 
/**
 * The file.
 */
path: string, } | { "kind": "base_not_a_folder", 
/**
 * The file.
 */
path: string, } | { "kind": "catalogue_folder_missing", 
/**
 * The catalogue.
 */
path: string, } | { "kind": "destination_is_source_file", 
/**
 * The file.
 */
path: string, } | { "kind": "destination_is_source", 
/**
 * The folder.
 */
path: string, } | { "kind": "destination_inside_source", 
/**
 * The destination.
 */
destination: string, 
/**
 * The source around it.
 */
within: string, } | { "kind": "destination_is_file", 
/**
 * The destination.
 */
path: string, 
/**
 * The file.
 */
file: string, } | { "kind": "destination_not_writable", 
/**
 * The folder.
 */
path: string, 
/**
 * What the system said.
 */
said: string, } | { "kind": "scratch_unusable", 
/**
 * The folder.
 */
path: string, 
/**
 * What the system said.
 */
said: string, } | { "kind": "one_connection", 
/**
 * The destination.
 */
place: string, } | { "kind": "secret_unset", 
/**
 * Its name, that of an environment variable.
 */
name: string, } | { "kind": "secret_missing", 
/**
 * The place.
 */
place: string, 
/**
 * The secret.
 */
secret: SecretField, 
/**
 * Its environment variable.
 */
variable: string, } | { "kind": "keys_missing", 
/**
 * The place.
 */
place: string, 
/**
 * What kind of service it is.
 */
service: ServiceKind, 
/**
 * The environment variables of the secrets.
 */
variables: Array<string>, 
/**
 * One of them would do.
 */
one_will_do: boolean, } | { "kind": "secret_unreadable", 
/**
 * The place.
 */
place: string, 
/**
 * What was said.
 */
said: string, } | { "kind": "connections", 
/**
 * A word for scripts.
 */
code: string, 
/**
 * What is wrong with them.
 */
said: string, } | { "kind": "connection_unknown", 
/**
 * Its name.
 */
name: string, 
/**
 * The place that names it.
 */
place: string, 
/**
 * The connections that there are.
 */
known: Array<string>, } | { "kind": "connection_invalid", 
/**
 * The place.
 */
place: string, 
/**
 * What kind of service it is.
 */
service: ServiceKind, 
/**
 * What is wrong with it.
 */
said: string, } | { "kind": "web_server", 
/**
 * The place.
 */
place: string, } | { "kind": "kind_not_built", 
/**
 * The place.
 */
place: string, 
/**
 * Which kind.
 */
said: string, } | { "kind": "bucket_missing", 
/**
 * The place.
 */
place: string, } | { "kind": "bucket_invalid", 
/**
 * The connection.
 */
name: string, } | { "kind": "place_invalid", 
/**
 * The place.
 */
place: string, } | { "kind": "place", 
/**
 * Which end of the way.
 */
end: End, 
/**
 * The place.
 */
place: string, 
/**
 * What is the trouble.
 */
trouble: PlaceTrouble, 
/**
 * What was said.
 */
said: string, } | { "kind": "tool_missing", 
/**
 * Which one.
 */
tool: Tool, 
/**
 * Its name, or where the job says that it is.
 */
name: string, } | { "kind": "tool_unusable", 
/**
 * Where it is.
 */
program: string, 
/**
 * What it did.
 */
said: string, } | { "kind": "no_request" } | { "kind": "nothing_to_try" };

export type LeftOut = "junk" | "folder_marker" | "symlink" | "not_in_catalogue" | "special" | "marker" | "changed_later" | "own_checkpoint";

export type CatalogueRemark = "undecodable" | "short_rows" | "vague_sizes" | "urls_unsized" | "urls_named_late" | "urls_many_servers" | "respelt";

export type Fact = { "kind": "no_space", 
/**
 * Bytes that the system lets us use.
 */
free: number, 
/**
 * Bytes that the pending records need.
 */
needed: number, } | { "kind": "failed", 
/**
 * Why.
 */
category: Category, 
/**
 * How many.
 */
records: number, } | { "kind": "file_twice", 
/**
 * How many.
 */
records: number, } | { "kind": "name_numbered", 
/**
 * How many.
 */
records: number, } | { "kind": "name_illegal", 
/**
 * How many.
 */
records: number, } | { "kind": "target_late", 
/**
 * The variable that is not known before.
 */
variable: string, } | { "kind": "checkpoint_on_network", 
/**
 * The file.
 */
path: string, } | { "kind": "watched", 
/**
 * Files.
 */
files: number, 
/**
 * Their bytes.
 */
bytes: number, } | { "kind": "nothing_to_move" } | { "kind": "excluded", 
/**
 * Which ones.
 */
policy: LeftOut, 
/**
 * How many.
 */
records: number, } | { "kind": "groups", 
/**
 * What people call the rule.
 */
rule: string, 
/**
 * How many groups.
 */
groups: number, 
/**
 * How many files in them.
 */
records: number, } | { "kind": "catalogue", 
/**
 * The catalogue's name.
 */
name: string, 
/**
 * What.
 */
remark: CatalogueRemark, 
/**
 * Rows or files that it concerns.
 */
rows: number, } | { "kind": "archived", 
/**
 * How many.
 */
records: number, } | { "kind": "bad_names", 
/**
 * How many.
 */
names: number, } | { "kind": "estimate_without_services" } | { "kind": "destination_not_empty" } | { "kind": "times_lost", 
/**
 * The destination.
 */
place: string, } | { "kind": "destination_unguarded", 
/**
 * The destination.
 */
place: string, } | { "kind": "service_unreachable", 
/**
 * The lookup that asks it; none: the register step.
 */
lookup: string | null, 
/**
 * Scheme, host and port.
 */
service: string, 
/**
 * How long it was waited for, in seconds. None: it failed before.
 */
waited_s: number | null, 
/**
 * What the system said; empty where it only did not answer.
 */
said: string, } | { "kind": "service_denied", 
/**
 * The lookup that asks it; none: the register step.
 */
lookup: string | null, 
/**
 * Scheme, host and port.
 */
service: string, 
/**
 * The status that it answered with.
 */
status: number, } | { "kind": "refused", 
/**
 * What.
 */
refusal: Refusal, } | { "kind": "becomes_legal", 
/**
 * Path below the destination as the template or the source says, safe to show.
 */
wanted: string, 
/**
 * Path below the destination as it will be, safe to show.
 */
legal: string, } | { "kind": "target_taken", 
/**
 * Path below the destination, safe to show.
 */
target: string, 
/**
 * What this one gets instead, safe to show.
 */
proposed: string, } | { "kind": "target_later", 
/**
 * The variable that is not known before.
 */
variable: string, } | { "kind": "record_fails", 
/**
 * Why.
 */
category: Category, 
/**
 * The failure's message.
 */
said: string, 
/**
 * The same as a value. None: there is nothing but the message.
 */
why: Why | null, };

export type Finding = { 
/**
 * How much it matters.
 */
severity: Severity, 
/**
 * A word for scripts, such as `no_space`, `name_collision`, `excluded_junk`.
 */
code: string, 
/**
 * What, and how much of it.
 */
message: string, 
/**
 * What to do about it; empty where nothing needs doing.
 */
advice: string, 
/**
 * Records that it concerns.
 */
records: number, 
/**
 * What is the case, for whoever says it in another language. None: an earlier version, or a later
 * one, wrote it down; then there is the message.
 */
what: Fact | null, };

export type Space = { 
/**
 * What the pending records need.
 */
needed: number, 
/**
 * What the system lets us use.
 */
free: number, };

export type TypeCount = { 
/**
 * In lower case without its dot; empty for names without one.
 */
extension: string, 
/**
 * Records.
 */
count: number, 
/**
 * Bytes.
 */
bytes: number, };

export type NameReason = "collision" | "illegal";

export type NameChange = { 
/**
 * The record's number.
 */
record: number, 
/**
 * Why.
 */
reason: NameReason, 
/**
 * Path below the destination as the template or the source says, safe to show.
 */
wanted: string, 
/**
 * Path below the destination as it will be, safe to show.
 */
proposed: string, };

export type UnmappedValue = { 
/**
 * The field.
 */
field: string, 
/**
 * The value; `…` sums up those that are too many to be counted apart.
 */
value: string, 
/**
 * Records that have it.
 */
records: number, };

export type Preflight = { 
/**
 * What the sources hold.
 */
balance: Balance, 
/**
 * Records and bytes by file name extension, most bytes first, at most twelve; the rest is `…`.
 */
by_type: Array<TypeCount>, 
/**
 * Folders without any file in them; they are made at the destination too.
 */
empty_folders: number, 
/**
 * The destination's room, where the system tells.
 */
space: Space | null, 
/**
 * Everything worth knowing before the start, blocking ones first.
 */
findings: Array<Finding>, 
/**
 * How long the run may take.
 */
estimate: TimeLeft | null, 
/**
 * Some records from all over the plan, and where they go.
 */
samples: Array<Preview>, 
/**
 * Names that will not be what the template or the source says, the first hundred.
 */
name_changes: Array<NameChange>, 
/**
 * Values that are none of those that a field may have, commonest first, at most two hundred.
 */
unmapped: Array<UnmappedValue>, };

export type FailureGroup = { 
/**
 * The category.
 */
category: Category, 
/**
 * Whether trying again can help.
 */
class: Class, 
/**
 * A few words for a heading.
 */
title: string, 
/**
 * What the person can do.
 */
advice: string, 
/**
 * How many records.
 */
count: number, };

export type Cause = { 
/**
 * Its number; see [`Selection::cause`].
 */
id: number, 
/**
 * The category.
 */
category: Category, 
/**
 * Whether trying again can help.
 */
class: Class, 
/**
 * Where they failed.
 */
stage: Stage, 
/**
 * The service at which they failed: scheme, host and port.
 */
endpoint: string | null, 
/**
 * What their messages have in common, with `…` for names and `#` for numbers, safe to show. None: these
 * are the rest of their category, with messages of many kinds.
 */
message: string | null, 
/**
 * A few words for a heading.
 */
title: string, 
/**
 * What the person can do.
 */
advice: string, 
/**
 * How many records.
 */
count: number, 
/**
 * When the first of them failed, in milliseconds since 1970 (UTC).
 */
first_ms: number, 
/**
 * When the last of them failed.
 */
last_ms: number, };

export type OrderBy = "number" | "size" | "time" | "attempts" | "name";

export type Order = { 
/**
 * By what.
 */
by: OrderBy, 
/**
 * The largest first.
 */
descending: boolean, };

export type Mark = string;

export type Span = { 
/**
 * How the list is ordered, ascending.
 */
by: OrderBy, 
/**
 * Where the first record stands in that list.
 */
first: Mark, 
/**
 * Where the last record stands.
 */
last: Mark, };

export type PageAt = { 
/**
 * Where the record before it stands. None: it begins with the list.
 */
after: Mark | null, 
/**
 * Records that are passed over after that one; none while a text is searched for.
 */
skip: number, 
/**
 * Records, at most 1,000.
 */
limit: number, };

export type AmendmentPreview = { 
/**
 * Records that are chosen.
 */
chosen: number, 
/**
 * Records of them that would change.
 */
changed: number, 
/**
 * The first twenty of those, before and after.
 */
examples: Array<RecordChange>, 
/**
 * Why a new path is refused, among the first records: it leads out of the source, or none is left.
 */
refused: Array<RowProblem>, };

export type FailedRecord = { 
/**
 * The record's number.
 */
id: number, 
/**
 * Full path of the source file, safe to show.
 */
source: string, 
/**
 * Where it failed.
 */
stage: Stage, 
/**
 * Why.
 */
category: Category, 
/**
 * Whether trying again can help.
 */
class: Class, 
/**
 * How often it was tried.
 */
attempts: number, 
/**
 * What was tried, on what, and what the system said.
 */
message: string, 
/**
 * What the person can do.
 */
advice: string, 
/**
 * Its size in bytes, as planned.
 */
size: number, 
/**
 * When it failed, in milliseconds since 1970 (UTC).
 */
failed_ms: number, 
/**
 * The service at which it failed: scheme, host and port.
 */
endpoint: string | null, 
/**
 * What that service answered.
 */
http_status: number | null, 
/**
 * Why a person leaves it as it is.
 */
note: string | null, 
/**
 * When it is tried again by itself, in milliseconds since 1970 (UTC).
 */
due_ms: number | null, 
/**
 * The row of the catalogue that names it, as a spreadsheet counts.
 */
row: number | null, 
/**
 * What the catalogue calls it.
 */
external_id: string | null, };

export type ListedFailure = { 
/**
 * Where it stands in the list.
 */
mark: Mark, 
/**
 * The record's number.
 */
id: number, 
/**
 * Full path of the source file, safe to show.
 */
source: string, 
/**
 * Where it failed.
 */
stage: Stage, 
/**
 * Why.
 */
category: Category, 
/**
 * Whether trying again can help.
 */
class: Class, 
/**
 * How often it was tried.
 */
attempts: number, 
/**
 * What was tried, on what, and what the system said.
 */
message: string, 
/**
 * What the person can do.
 */
advice: string, 
/**
 * Its size in bytes, as planned.
 */
size: number, 
/**
 * When it failed, in milliseconds since 1970 (UTC).
 */
failed_ms: number, 
/**
 * The service at which it failed: scheme, host and port.
 */
endpoint: string | null, 
/**
 * What that service answered.
 */
http_status: number | null, 
/**
 * Why a person leaves it as it is.
 */
note: string | null, 
/**
 * When it is tried again by itself, in milliseconds since 1970 (UTC).
 */
due_ms: number | null, 
/**
 * The row of the catalogue that names it, as a spreadsheet counts.
 */
row: number | null, 
/**
 * What the catalogue calls it.
 */
external_id: string | null, };

export type FailurePage = { 
/**
 * The records.
 */
failures: Array<ListedFailure>, 
/**
 * Give this as `after` to get the next page. None: this was the last. With a search, a page may hold
 * fewer records than were asked for, or none, although there is a next one.
 */
next: Mark | null, };

export type Attempt = { 
/**
 * Its number, from 1.
 */
number: number, 
/**
 * When it ended, in milliseconds since 1970 (UTC).
 */
ended_ms: number, 
/**
 * How long it took, in milliseconds.
 */
took_ms: number, 
/**
 * On which lane.
 */
lane: Lane, 
/**
 * Where it failed.
 */
stage: Stage, 
/**
 * Why.
 */
category: Category, 
/**
 * The service that was asked: scheme, host and port.
 */
endpoint: string | null, 
/**
 * What the service answered.
 */
http_status: number | null, 
/**
 * What was tried, on what, and what the system or the service said.
 */
message: string, 
/**
 * It was an outage after all: the attempt is not counted.
 */
refunded: boolean, };

export type Selection = { 
/**
 * Only this category.
 */
category: Category | null, 
/**
 * Only these records. Empty: all.
 */
ids: Array<number>, 
/**
 * Only what failed in this stage.
 */
stage: Stage | null, 
/**
 * Only what failed at this service: scheme, host and port.
 */
endpoint: string | null, 
/**
 * Only messages that contain this text, in any case.
 */
message: string | null, 
/**
 * Only what failed by this cause.
 */
cause: number | null, 
/**
 * Only records with this text in their path, message, note or own id, in any case; or with this number.
 */
search: string | null, 
/**
 * True: only what a person left. False: all but that.
 */
left: boolean | null, 
/**
 * Only records between these two, in the order of a list.
 */
span: Span | null, 
/**
 * None of these records.
 */
except: Array<number>, };

export type Amendment = { 
/**
 * Another path below the source, with `/` between the parts; for a single record.
 */
path: string | null, 
/**
 * The beginning of the path that is replaced, and by what.
 */
prefix: [string, string] | null, 
/**
 * A text in the path that is replaced, wherever it stands, and by what.
 */
replace: [string, string] | null, 
/**
 * Fields that are set; null takes a field away.
 */
fields: Record<string, unknown>, };

export type Exported = { 
/**
 * Records in it.
 */
records: number, 
/**
 * Sheets that the records fill; one for a file without sheets.
 */
sheets: number, 
/**
 * Texts that are longer than a spreadsheet's cell: shortened in a workbook, whole elsewhere.
 */
long_texts: number, 
/**
 * What the reader of the file should know, in sentences.
 */
notes: Array<string>, };

export type ValueChange = { 
/**
 * `path`, `note` or `field NAME`.
 */
what: string, 
/**
 * As it is. None: there is none.
 */
from: string | null, 
/**
 * As it would be. None: it is taken away.
 */
to: string | null, };

export type RecordChange = { 
/**
 * The record's number.
 */
id: number, 
/**
 * Full path of the source file, safe to show.
 */
source: string, 
/**
 * Each value.
 */
changes: Array<ValueChange>, 
/**
 * Whether it would be tried again; not while it is left with a note.
 */
again: boolean, };

export type RowProblem = { 
/**
 * Where it stands: `line 7`; `sheet Failures, row 7`; `entry 7`.
 */
place: string, 
/**
 * What is wrong, and what to do.
 */
message: string, };

export type Corrections = { 
/**
 * Rows read, but for empty ones.
 */
rows: number, 
/**
 * Rows that say what is known already.
 */
unchanged: number, 
/**
 * Records that would change.
 */
changed: number, 
/**
 * Records of them that would be tried again.
 */
again: number, 
/**
 * The first thousand changes.
 */
changes: Array<RecordChange>, 
/**
 * Rows that make no sense. While there is one, nothing is applied.
 */
wrong: number, 
/**
 * The first thousand of them.
 */
problems: Array<RowProblem>, 
/**
 * What the reader should know, in sentences.
 */
notes: Array<string>, };

export type Evidence = "size" | "written" | "remote_checksum" | "read_back";

export type BalancePart = "delivered" | "failed" | "skipped" | "excluded" | "pending";

export type RecordFilter = { 
/**
 * Only this part of the balance.
 */
part: BalancePart | null, 
/**
 * Only delivered records of which this was proven.
 */
evidence: Evidence | null, 
/**
 * Only records with this text in their path, message, note or own id, in any case; or with this number.
 */
search: string | null, 
/**
 * Only delivered records whose content was delivered more than once, as the latest look for them found.
 */
duplicates: boolean, };

export type ShownRecord = { 
/**
 * Its number.
 */
id: number, 
/**
 * The part of the balance that it counts in.
 */
part: BalancePart, 
/**
 * Full path of the source file.
 */
source: string, 
/**
 * Path below the destination, with `/` between the parts; only where the content is there.
 */
target: string | null, 
/**
 * Bytes as delivered or found identical, else as planned.
 */
size: number, 
/**
 * How often it was tried.
 */
attempts: number, 
/**
 * `algorithm:hexadecimal`.
 */
hash: string | null, 
/**
 * What was proven.
 */
evidence: Evidence | null, 
/**
 * The category of its failure, or why it was skipped or left out.
 */
reason: string | null, 
/**
 * What went wrong.
 */
message: string | null, 
/**
 * When it got its outcome, in milliseconds since 1970 (UTC).
 */
ended_ms: number | null, 
/**
 * The row of the catalogue that names it, as a spreadsheet counts.
 */
row: number | null, 
/**
 * What the catalogue calls it.
 */
external_id: string | null, 
/**
 * The version of the source object that was read, where its service keeps versions.
 */
source_version: string | null, 
/**
 * The class of storage that it lay in, where that is not the ordinary one.
 */
source_class: string | null, 
/**
 * The version that was written at the destination, or found to be the same.
 */
target_version: string | null, 
/**
 * The checksum that the service gives of source and copy, where it copied by itself:
 * `crc64nvme:hexadecimal`.
 */
service_checksum: string | null, };

export type RecordPage = { 
/**
 * The records.
 */
records: Array<ShownRecord>, 
/**
 * Give this as `after` to get the next page. None: this was the last. With a search, a page may hold
 * fewer records than were asked for, or none, although there is a next one.
 */
next: Mark | null, };

export type DoneStep = { 
/**
 * Its name: `copied`, `registered`, `described`, `lookup:NAME`, `sidecar:NAME`.
 */
step: string, 
/**
 * When, in milliseconds since 1970 (UTC).
 */
at_ms: number, 
/**
 * What it gave, as JSON; the beginning, where it is long.
 */
result: string, };

export type RecordDetail = { 
/**
 * The record.
 */
record: ShownRecord, 
/**
 * How it failed, while it is failed.
 */
failure: FailedRecord | null, 
/**
 * Its path below its source, with `/` between the parts.
 */
path: string, 
/**
 * What a catalogue or a person says of it.
 */
fields: Record<string, unknown>, 
/**
 * What is done of it so far, oldest first.
 */
done: Array<DoneStep>, 
/**
 * Its failed attempts, oldest first, at most a thousand.
 */
attempts: Array<Attempt>, };

export type VerifyProblem = { 
/**
 * The record's number.
 */
id: number, 
/**
 * Where it came from: the full path or URL, safe to show.
 */
source: string, 
/**
 * The file's path, safe to show.
 */
target: string, 
/**
 * `missing`, `differing` or `unreadable`.
 */
problem: string, 
/**
 * In words.
 */
message: string, };

export type VerifyReport = { 
/**
 * Records looked at: delivered, and skipped as identical.
 */
checked: number, 
/**
 * Content hashes to the recorded value.
 */
matching: number, 
/**
 * The size is right; no hash was recorded to compare with.
 */
size_only: number, 
/**
 * There is no such file.
 */
missing: number, 
/**
 * Content or size is not what was recorded.
 */
differing: number, 
/**
 * The file could not be read.
 */
unreadable: number, 
/**
 * Bytes read.
 */
bytes: number, 
/**
 * Sidecars looked at beside them.
 */
sidecars: number, 
/**
 * Sidecars that are missing, differ or could not be read.
 */
sidecars_wrong: number, 
/**
 * The first thousand problems.
 */
problems: Array<VerifyProblem>, 
/**
 * Files at the destination that no record names. None: they were not looked for, because only some
 * records were verified, the migration was at work, or the destination is on another computer.
 */
orphans: number | null, 
/**
 * The first thousand of them: their paths below the destination, safe to show.
 */
orphan_paths: Array<string>, };

export type Duplicates = { 
/**
 * When, in milliseconds since 1970 (UTC).
 */
at_ms: number, 
/**
 * Records whose content was delivered more than once.
 */
records: number, 
/**
 * Different contents among them.
 */
contents: number, 
/**
 * Bytes that are there more than once.
 */
bytes: number, };

export type Verified = { 
/**
 * When it ended, in milliseconds since 1970 (UTC).
 */
at_ms: number, 
/**
 * Who let it run: user and computer, as the system names them.
 */
by: string, 
/**
 * The version of Sluice.
 */
tool: string, 
/**
 * What it found.
 */
report: VerifyReport, };

export type Proven = { 
/**
 * What was proven.
 */
evidence: Evidence, 
/**
 * Records.
 */
records: number, };

export type Reconciliation = { 
/**
 * The numbers.
 */
balance: Balance, 
/**
 * Whether they add up.
 */
holds: boolean, 
/**
 * Failed records that a person left as they are.
 */
left: number, 
/**
 * Delivered records by what was proven, most first.
 */
proven: Array<Proven>, 
/**
 * Policies that left records out, and how many.
 */
excluded: Array<[string, number]>, 
/**
 * The latest verification of the whole, if there was one.
 */
verified: Verified | null, 
/**
 * The latest look for duplicates, if there was one.
 */
duplicates: Duplicates | null, };

export type PreviewRequest = { 
/**
 * How many records, up to 1,000.
 */
count: number, 
/**
 * Scattered over the whole plan instead of its beginning; the same number gives the same records.
 */
seed: number | null, 
/**
 * The mapping to try. None: the job's own.
 */
map: Mapping | null, };

export type Preview = { 
/**
 * The record's number.
 */
id: number, 
/**
 * Full path of the source file, safe to show.
 */
source: string, 
/**
 * Its fields after the mapping, as far as they are known before the run.
 */
fields: Record<string, unknown>, 
/**
 * Path below the destination, safe to show. None: it cannot be given, or not before the run.
 */
target: string | null, 
/**
 * What is worth knowing of it.
 */
findings: Array<Finding>, };

export type Snapshot = { 
/**
 * The checkpoint's path, as text.
 */
checkpoint: string, 
/**
 * What the migration is told to do.
 */
job: JobSpec, 
/**
 * What the limits may be.
 */
ranges: LimitRanges, 
/**
 * The picture of this moment.
 */
progress: Progress, 
/**
 * The pre-flight of the latest plan.
 */
preflight: Preflight | null, 
/**
 * The latest batches, oldest first, at most 120.
 */
batches: Array<BatchSummary>, 
/**
 * Throughput samples of this run, oldest first, at most 600 (ten minutes).
 */
samples: Array<Sample>, 
/**
 * Failed records by category, most first.
 */
failure_groups: Array<FailureGroup>, 
/**
 * Number of the last event that this picture contains.
 */
last_event: number, };

export type FoundTool = { 
/**
 * Which one.
 */
tool: Tool, 
/**
 * Its name and version. None: it is not there, or does not work.
 */
version: string | null, 
/**
 * Why it cannot be used.
 */
problem: string | null, 
/**
 * The same as a value, for whoever says it in another language.
 */
what: Refusal | null, };

export type Glance = { 
/**
 * What people call it; may be empty.
 */
name: string, 
/**
 * The first sources and catalogues, at most three.
 */
from: Array<string>, 
/**
 * How many sources and catalogues there are.
 */
sources: number, 
/**
 * The destination.
 */
to: string, 
/**
 * Where it stands.
 */
state: State, 
/**
 * Whether a program has it open to run it.
 */
open: boolean, 
/**
 * The reconciliation.
 */
balance: Balance, 
/**
 * When something last happened there, in milliseconds since 1970 (UTC).
 */
last_ms: number, };

export type KnownMigration = { 
/**
 * The path of its file.
 */
checkpoint: string, 
/**
 * What the last look at it told.
 */
glance: Glance | null, 
/**
 * Why it cannot be looked at now.
 */
problem: ErrorReport | null, };

export type Worded = { 
/**
 * The kind of event, by its word.
 */
kind: string, 
/**
 * Where the value stands, or what it stands in: a JSON pointer (RFC 6901).
 */
at: string, 
/**
 * The value as the event has it.
 */
value: string, };

export type EventFilter = { 
/**
 * Only these kinds, by their words (`outage_began`). Empty: all.
 */
kinds: Array<string>, 
/**
 * Only what these did. Empty: everybody.
 */
by: Array<Actor>, 
/**
 * Only what has this text in one of its values, in any case.
 */
text: string, 
/**
 * Of these kinds also what does not have the text: it is in their words on the page.
 */
also: Array<string>, 
/**
 * Also what has one of these values: it is said with the text on the page.
 */
worded: Array<Worded>, };

export type EventPage = { 
/**
 * The events.
 */
events: Array<Event>, 
/**
 * Give this as `before` to get the next page. A page may be short, or empty, and have one after it.
 * None: this was the last.
 */
next: number | null, };

export type EncodingBy = "chosen" | "mark" | "content" | "guess";

export type InspectedRow = { 
/**
 * Its number in the file, as a spreadsheet counts.
 */
number: number, 
/**
 * Its cells in the order of the first 200 columns, shortened to 300 characters.
 */
cells: Array<string>, 
/**
 * Why it cannot be read.
 */
unreadable: string | null, };

export type ColumnGuess = { 
/**
 * The file's path, or folder and name. Empty: no column looks like one.
 */
path: Array<string>, 
/**
 * The record's own number or name.
 */
id: string | null, 
/**
 * The file's size in bytes.
 */
size: string | null, 
/**
 * The file's checksum.
 */
checksum: ChecksumColumn | null, };

export type Inspection = { 
/**
 * The catalogue, as text.
 */
file: string, 
/**
 * Its size in bytes.
 */
size: number, 
/**
 * What kind of file it is.
 */
format: CatalogueFormat, 
/**
 * Its character encoding, by its standard name. None: the format has its own.
 */
encoding: string | null, 
/**
 * How that was found.
 */
encoding_by: EncodingBy | null, 
/**
 * What stands between cells, as the job file writes it.
 */
delimiter: string | null, 
/**
 * What stands around cells, as the job file writes it.
 */
quote: string | null, 
/**
 * The sheet that was read.
 */
sheet: string | null, 
/**
 * All sheets of the workbook.
 */
sheets: Array<string>, 
/**
 * What stands above the header, at most twenty lines.
 */
preamble: Array<string>, 
/**
 * The row with the columns' names, as a spreadsheet counts. None: there is none.
 */
header_row: number | null, 
/**
 * The columns' names, made unique. In JSON those of the first hundred records.
 */
columns: Array<string>, 
/**
 * The columns that probably say what.
 */
guess: ColumnGuess, 
/**
 * The first rows, at most twenty.
 */
rows: Array<InspectedRow>, 
/**
 * What may be wrong, in words.
 */
warnings: Array<string>, };

export type TriedRecord = { 
/**
 * The row's number, as a spreadsheet counts. None: a folder holds it.
 */
row: number | null, 
/**
 * Full path of the file. Where the row leads nowhere: what it has in place of a path.
 */
source: string, 
/**
 * Whether that file is there.
 */
is_there: boolean, 
/**
 * Why the record would fail, if it would.
 */
problem: Finding | null, 
/**
 * Path below the destination, safe to show. None: it cannot be given, or not before the run.
 */
target: string | null, 
/**
 * What is worth knowing of the target.
 */
findings: Array<Finding>, };

export type CatalogueTrial = { 
/**
 * The first rows, at most twenty.
 */
records: Array<TriedRecord>, 
/**
 * Where paths begin that no prefix rule covers, as a rule might be written.
 */
beginnings: Array<string>, 
/**
 * Why the job's `[map]` cannot be used. The records are then shown without it.
 */
map_problem: string | null, };

export type SourceFound = { 
/**
 * The source, as the job names it.
 */
source: string, 
/**
 * Files that would be moved.
 */
files: number, 
/**
 * Their bytes.
 */
bytes: number, 
/**
 * Whether that is all of them: the look is bounded.
 */
is_all: boolean, 
/**
 * Whether it is a single file.
 */
is_file: boolean, 
/**
 * Why it cannot be used, if it cannot.
 */
problem: ErrorReport | null, };

export type SourcesTrial = { 
/**
 * The sources, in the job's order.
 */
sources: Array<SourceFound>, 
/**
 * Some of their files, at most twenty, and where they would go.
 */
records: Array<TriedRecord>, 
/**
 * Why the job's `[map]` cannot be used. The records are then shown without it.
 */
map_problem: string | null, };

export type RequestStep = { "lookup": number } | "register";

export type TriedOn = { 
/**
 * Full path of the file, safe to show.
 */
source: string, 
/**
 * The row of the catalogue that names it, as a spreadsheet counts.
 */
row: number | null, 
/**
 * Which of the records that can be tried, from 0.
 */
number: number, 
/**
 * How many can be tried.
 */
of: number, 
/**
 * What is known of it before the request: its fields, and those of the lookups before.
 */
fields: Record<string, unknown>, 
/**
 * What the program that describes files reads in it.
 */
tech: Record<string, unknown>, };

export type ShownHeader = { 
/**
 * Its name.
 */
name: string, 
/**
 * Its value.
 */
value: string, };

export type ShownRequest = { 
/**
 * GET, POST or PUT.
 */
method: string, 
/**
 * The address.
 */
url: string, 
/**
 * The headers.
 */
headers: Array<ShownHeader>, 
/**
 * The body, its beginning where it is long.
 */
body: string | null, };

export type ShownAnswer = { 
/**
 * The status.
 */
status: number, 
/**
 * How long it took, in milliseconds.
 */
took_ms: number, 
/**
 * Its headers, at most sixty.
 */
headers: Array<ShownHeader>, 
/**
 * Its body, at most 16,000 characters of it.
 */
body: string, 
/**
 * Bytes of the whole body.
 */
bytes: number, };

export type RequestTrial = { 
/**
 * The record.
 */
on: TriedOn, 
/**
 * The request as it goes out. None: a template cannot be filled in.
 */
request: ShownRequest | null, 
/**
 * What the service answered. None: it did not, or the request was not sent.
 */
answer: ShownAnswer | null, 
/**
 * Fields that the answer gives the record.
 */
fields: Record<string, unknown>, 
/**
 * Why the record would fail here, if it would.
 */
problem: Finding | null, };

export type ConcernedRecord = { 
/**
 * Its number.
 */
id: number, 
/**
 * Full path of the source file, safe to show.
 */
source: string, 
/**
 * The row of the catalogue that names it, as a spreadsheet counts.
 */
row: number | null, 
/**
 * Bytes.
 */
size: number, 
/**
 * Path below the destination as the template or the source says, where that is not what it will be.
 */
wanted: string | null, 
/**
 * Path below the destination as it will be, where that is the point.
 */
target: string | null, 
/**
 * Why, where each record has a reason of its own.
 */
why: string | null, };

export type ConcernedPage = { 
/**
 * The records, by number.
 */
records: Array<ConcernedRecord>, 
/**
 * Where the next page begins. None: there is no more. A page may be empty and not the last.
 */
next: number | null, };

export type TriedOutcome = { 
/**
 * Its number.
 */
id: number, 
/**
 * Full path of the source file, safe to show.
 */
source: string, 
/**
 * Path below the destination, safe to show, where its content is there.
 */
target: string | null, 
/**
 * Bytes.
 */
size: number, 
/**
 * Delivered, skipped or failed.
 */
state: RecordState, 
/**
 * What was proven, in the checkpoint's word.
 */
evidence: string | null, 
/**
 * Why it failed.
 */
category: Category | null, 
/**
 * Why it failed or was skipped, in words.
 */
why: string | null, 
/**
 * What the person can do; empty where nothing needs doing.
 */
advice: string, };

export type JobFile = "job" | "preset";

export type Problem = { "kind": "refused", 
/**
 * Why.
 */
refusal: Refusal, } | { "kind": "found", 
/**
 * What it says.
 */
fact: Fact, } | { "kind": "checkpoint_missing", 
/**
 * Where it was looked for.
 */
path: string, } | { "kind": "checkpoint_exists", 
/**
 * The file.
 */
path: string, } | { "kind": "checkpoint_not_sluice", 
/**
 * The file.
 */
path: string, } | { "kind": "checkpoint_newer", 
/**
 * The file.
 */
path: string, 
/**
 * Its format.
 */
found: number, 
/**
 * The newest format that this program knows.
 */
known: number, } | { "kind": "checkpoint_in_use", 
/**
 * The file.
 */
path: string, } | { "kind": "checkpoint_damaged", 
/**
 * The file.
 */
path: string, 
/**
 * What the database says.
 */
why: string, } | { "kind": "checkpoint_full", 
/**
 * The file.
 */
path: string, } | { "kind": "checkpoint_unusable", 
/**
 * The file or folder.
 */
path: string, 
/**
 * What was said.
 */
said: string, } | { "kind": "checkpoint_no_answer", 
/**
 * The file.
 */
path: string, 
/**
 * How long it was waited for, in seconds.
 */
waited_s: number, } | { "kind": "checkpoint_of_other_job", 
/**
 * The file.
 */
path: string, } | { "kind": "catalogue_unreadable", 
/**
 * The catalogue.
 */
path: string, 
/**
 * What the system said.
 */
said: string, } | { "kind": "catalogue_damaged", 
/**
 * The catalogue.
 */
path: string, 
/**
 * How that shows.
 */
why: string, } | { "kind": "catalogue_locked", 
/**
 * The catalogue.
 */
path: string, } | { "kind": "catalogue_empty", 
/**
 * The catalogue.
 */
path: string, 
/**
 * The sheet that was read.
 */
sheet: string | null, } | { "kind": "sheet_missing", 
/**
 * The catalogue.
 */
path: string, 
/**
 * The sheet that was asked for.
 */
sheet: string, 
/**
 * Those that are there.
 */
sheets: Array<string>, } | { "kind": "header_missing", 
/**
 * The catalogue.
 */
path: string, 
/**
 * The row that was asked for.
 */
row: number, } | { "kind": "column_missing", 
/**
 * The catalogue.
 */
path: string, 
/**
 * The column that was asked for.
 */
column: string, 
/**
 * Those that are there.
 */
columns: Array<string>, } | { "kind": "catalogue_too_wide", 
/**
 * The catalogue.
 */
path: string, 
/**
 * How many it has.
 */
columns: number, 
/**
 * How many it may have.
 */
most: number, } | { "kind": "catalogue_option", 
/**
 * The catalogue.
 */
path: string, 
/**
 * Which option, and why not.
 */
what: string, } | { "kind": "job_unreadable", 
/**
 * What it is.
 */
file: JobFile, 
/**
 * The file.
 */
path: string, 
/**
 * What the system said.
 */
said: string, } | { "kind": "job_unwritable", 
/**
 * What it is.
 */
file: JobFile, 
/**
 * The file.
 */
path: string, 
/**
 * What the system said.
 */
said: string, } | { "kind": "job_malformed", 
/**
 * What it is.
 */
file: JobFile, 
/**
 * The file.
 */
path: string, 
/**
 * Where and why.
 */
why: string, } | { "kind": "no_source" } | { "kind": "no_destination" } | { "kind": "out_of_range", 
/**
 * Which limit.
 */
name: string, 
/**
 * What was asked.
 */
value: number, 
/**
 * The smallest value allowed.
 */
min: number, 
/**
 * The largest value allowed.
 */
max: number, } | { "kind": "path_not_text", 
/**
 * The path.
 */
path: string, } | { "kind": "job_invalid", 
/**
 * What is wrong where.
 */
said: string, } | { "kind": "connections_unreadable", 
/**
 * The file.
 */
path: string, 
/**
 * What the system said.
 */
said: string, } | { "kind": "connections_unwritable", 
/**
 * The file.
 */
path: string, 
/**
 * What the system said.
 */
said: string, } | { "kind": "connections_malformed", 
/**
 * The file.
 */
path: string, 
/**
 * Where and why.
 */
why: string, } | { "kind": "connection_unknown", 
/**
 * Its name.
 */
name: string, 
/**
 * The names that there are.
 */
known: Array<string>, } | { "kind": "connection_exists", 
/**
 * The name that was asked for.
 */
name: string, 
/**
 * The name that stands in its way.
 */
taken: string, } | { "kind": "connection_reserved", 
/**
 * The name.
 */
name: string, } | { "kind": "option_missing", 
/**
 * The option.
 */
option: string, } | { "kind": "half_key", 
/**
 * The missing half.
 */
secret: SecretField, } | { "kind": "no_keychain", 
/**
 * The connection.
 */
name: string, 
/**
 * The environment variables to be set instead.
 */
variables: Array<string>, } | { "kind": "keychain", 
/**
 * The connection.
 */
name: string, 
/**
 * The environment variable that serves as well.
 */
variable: string, 
/**
 * What the system said.
 */
why: string, } | { "kind": "host_unseen", 
/**
 * Why.
 */
why: string, } | { "kind": "host_key_other", 
/**
 * The server.
 */
host: string, 
/**
 * The key that it shows.
 */
fingerprint: string, } | { "kind": "host_key_changed", 
/**
 * The server.
 */
host: string, 
/**
 * The file.
 */
path: string, } | { "kind": "host_key_unkept", 
/**
 * The file.
 */
path: string, 
/**
 * What the system said.
 */
why: string, } | { "kind": "illegal_move", 
/**
 * The state that it is in.
 */
from: State, } | { "kind": "map_in_force" } | { "kind": "uploads_in_use" } | { "kind": "look_in_use" } | { "kind": "report_unwritable", 
/**
 * The report.
 */
path: string, 
/**
 * What the system said.
 */
said: string, } | { "kind": "report_kind", 
/**
 * The report that was asked for.
 */
path: string, 
/**
 * The endings that are known.
 */
known: string, } | { "kind": "correction_invalid", 
/**
 * The report.
 */
path: string, 
/**
 * What is wrong with it.
 */
why: string, 
/**
 * What to do next.
 */
advice: string, } | { "kind": "amendment_invalid", 
/**
 * What is wrong.
 */
why: string, } | { "kind": "no_http", 
/**
 * What the system said.
 */
why: string, } | { "kind": "plan_cancelled" };

export type ErrorReport = { 
/**
 * A word for scripts, such as `source_missing` or `checkpoint_in_use`.
 */
code: string, 
/**
 * What happened, where and why.
 */
message: string, 
/**
 * What to do next; empty where the message says it.
 */
advice: string, 
/**
 * What went wrong, for whoever says it in another language. None: there is nothing but the words.
 */
what: Problem | null, };
