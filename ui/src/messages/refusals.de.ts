/** Why a job cannot be used at all, in German: what is the case, and what to do about it. */
import type { End, PlaceTrouble, Refusal, SecretField, ServiceKind, Tool } from '../backend/types';
import type { Words } from './say';

const BUCKET_FIRST =
  'Zuerst den Bucket (bei Azure: den Container) schreiben: s3://Bucket/Präfix, az://Container/Präfix, gs://Bucket/Präfix oder NAME:Bucket/Präfix.';

const KEEP =
  'Das Geheimnis in der Verbindung hinterlegen oder die Umgebungsvariable setzen, bevor Sluice startet.';

const list = (names: string[]) => names.join(' und ');

const SECRET: Record<SecretField, string> = {
  access_key_id: 'die Zugangsschlüssel-ID',
  secret_access_key: 'der geheime Zugangsschlüssel',
  session_token: 'das Sitzungstoken',
  account_key: 'der Kontoschlüssel',
  sas_token: 'die Shared Access Signature',
  client_secret: 'das Geheimnis der Anwendung',
  service_account_key: 'der Schlüssel des Dienstkontos',
  password: 'das Passwort',
  key_passphrase: 'die Passphrase des privaten Schlüssels',
  token: 'das Token',
};

const KEYS: Record<ServiceKind, string> = {
  s3: `${KEEP} Auch was die AWS-Werkzeuge kennen, wird genommen (AWS_ACCESS_KEY_ID, AWS_PROFILE, ~/.aws).`,
  azure: `Eines der Geheimnisse in der Verbindung hinterlegen oder seine Umgebungsvariable setzen, bevor Sluice startet. Ohne eigene Adresse wird auch genommen, was die Azure-Werkzeuge kennen (AZURE_STORAGE_ACCOUNT mit AZURE_STORAGE_KEY, mit AZURE_STORAGE_SAS_TOKEN oder mit AZURE_TENANT_ID, AZURE_CLIENT_ID und AZURE_CLIENT_SECRET).`,
  gcs: `Die Schlüsseldatei von Google angeben oder ihren Inhalt in der Verbindung oder in dieser Umgebungsvariable hinterlegen. Ohne eigene Adresse wird auch genommen, was die Google-Werkzeuge kennen (GOOGLE_APPLICATION_CREDENTIALS, gcloud auth application-default login).`,
  files: KEEP,
};

const CONNECTION: Record<ServiceKind, string> = {
  s3: 'Adresse, Region oder Schreibweise in der Verbindung berichtigen.',
  azure: 'Konto, Adresse oder Geheimnis der Verbindung berichtigen.',
  gcs: 'Konto, Adresse oder Geheimnis der Verbindung berichtigen.',
  files: 'Die Adresse der Verbindung berichtigen.',
};

const TRIED: Record<End, (place: string) => string> = {
  source: (place) => `die Quelle ${place} kann nicht aufgelistet werden`,
  destination: (place) => `auf das Ziel ${place} kann nicht geschrieben werden`,
};

const TROUBLE: Record<PlaceTrouble, [what: string, advice: string]> = {
  sign_in: [
    'der Dienst kennt uns nicht',
    'Benutzer und Geheimnis der Verbindung prüfen; bei Objektspeicher auch die Region und die Uhr dieses Computers.',
  ],
  denied: [
    'der Dienst erlaubt es nicht',
    'Dem Benutzer der Verbindung dort das Recht geben, aufzulisten, zu lesen und zu schreiben.',
  ],
  missing: [
    'es ist nicht da',
    'Den Pfad dort und die Adresse der Verbindung prüfen. Sluice legt Ordner an, aber keine Buckets.',
  ],
  unreachable: ['der Dienst antwortet nicht', 'Das Netz und die Adresse der Verbindung prüfen.'],
  busy: ['der Dienst ist überlastet', 'In einer Weile erneut versuchen.'],
  no_retry: ['der Dienst nimmt gerade nichts an', 'In einer Weile erneut versuchen.'],
  refuses: [
    'der Dienst lehnt es ab',
    'Die Antwort des Dienstes lesen. Kennt er keine Prüfsummen, sie in der Verbindung abschalten.',
  ],
};

const INSTALL: Record<Tool, string> = {
  ffprobe:
    'FFmpeg installieren (Debian, Ubuntu: sudo apt install ffmpeg; macOS: brew install ffmpeg; Windows: winget install ffmpeg) oder angeben, wo das Programm liegt.',
  exiftool:
    'ExifTool installieren (Debian, Ubuntu: sudo apt install libimage-exiftool-perl; macOS: brew install exiftool; Windows: winget install exiftool) oder angeben, wo das Programm liegt.',
  mediainfo:
    'Das Programm MediaInfo installieren (Debian, Ubuntu: sudo apt install mediainfo; macOS: brew install mediainfo; Windows: winget install MediaArea.MediaInfo) oder angeben, wo es liegt.',
};

export const refusals: Words<Refusal> = {
  source_twice: ({ place }) => [
    `die Quelle ${place} ist zweimal genannt`,
    'Eine der beiden entfernen. Was ein Katalog nicht nennt, wird gezählt, wenn man ihn danach fragt.',
  ],
  source_missing: ({ path }) => [
    `es gibt keine Quelle ${path}`,
    'Den Pfad prüfen, und ob das Laufwerk oder der Netzordner verbunden ist.',
  ],
  source_unreadable: ({ path, said }) => [
    `die Quelle ${path} kann nicht gelesen werden: ${said}`,
    'Dem eigenen Benutzerkonto das Leserecht geben oder eine andere Quelle wählen.',
  ],
  source_is_object: ({ place }) => [
    `die Quelle ${place} ist ein einzelnes Objekt oder eine einzelne Datei`,
    'Den Ordner angeben, in dem sie liegt.',
  ],
  source_unlistable: ({ place, said }) => [
    `die Quelle ${place} kann nicht aufgelistet werden: ${said}`,
    'Ihre Adresse prüfen, und ob das Geheimnis der Verbindung zum Auflisten berechtigt.',
  ],
  source_unseen: ({ place, said }) => [
    said === null
      ? `die Quelle ${place} antwortet nicht`
      : `die Quelle ${place} kann nicht aufgelistet werden: ${said}`,
    'Ihre Adresse prüfen, und ob das Geheimnis der Verbindung zum Auflisten berechtigt.',
  ],
  watch_not_a_folder: ({ path }) => [
    `${path} ist eine Datei, und nur Ordner können beobachtet werden`,
    'Den Ordner beobachten, in dem sie liegt, oder das Beobachten weglassen.',
  ],
  base_not_a_folder: ({ path }) => [
    `der Ordner des Katalogs ${path} ist eine Datei`,
    'Den Ordner angeben, in dem die Pfade des Katalogs beginnen.',
  ],
  catalogue_folder_missing: ({ path }) => [
    `für den Katalog ${path} gibt es keinen Ordner`,
    'Den Ordner anlegen oder für den Katalog am Ende eine andere Datei angeben.',
  ],
  destination_is_source_file: ({ path }) => [
    `das Ziel ${path} ist die Quelldatei selbst`,
    'Einen anderen Ordner als Ziel wählen.',
  ],
  destination_is_source: ({ path }) => [
    `Quelle und Ziel sind derselbe Ordner: ${path}`,
    'Einen anderen Ordner als Ziel wählen.',
  ],
  destination_inside_source: ({ destination, within }) => [
    `das Ziel ${destination} liegt in der Quelle ${within}`,
    'Ein Ziel außerhalb aller Quellen wählen.',
  ],
  destination_is_file: ({ path, file }) => [
    `das Ziel ${path} kann kein Ordner sein: ${file} ist eine Datei`,
    'Einen Ordner als Ziel wählen.',
  ],
  destination_not_writable: ({ path, said }) => [
    `auf das Ziel ${path} kann nichts geschrieben werden: ${said}`,
    'Dem eigenen Benutzerkonto dort das Schreibrecht geben oder einen anderen Ordner wählen.',
  ],
  scratch_unusable: ({ path, said }) => [
    `in den Zwischenbereich ${path} kann nichts geschrieben werden: ${said}`,
    'Im Auftrag unter [scratch] einen Ordner angeben, in den geschrieben werden darf.',
  ],
  one_connection: ({ place }) => [
    `${place} ist Quelle und Ziel, und dorthin darf nur eine Verbindung auf einmal bestehen`,
    'In der Verbindung mindestens zwei auf einmal zulassen: eine zum Lesen, eine zum Schreiben.',
  ],
  secret_unset: ({ name }) => [
    `das Geheimnis ${name}, das der Auftrag nennt, ist nicht gesetzt`,
    'Eine Umgebungsvariable dieses Namens setzen, bevor Sluice startet. Geheimnisse stehen nie in einer Datei.',
  ],
  secret_missing: ({ place, secret, variable }) => [
    `${place}: zum Anmelden fehlt ${SECRET[secret]}; ${variable} ist nicht gesetzt`,
    KEEP,
  ],
  keys_missing: ({ place, service, variables, one_will_do }) => [
    `${place}: ${one_will_do ? 'niemand meldet sich dort an' : 'kein Schlüssel meldet dort an'}; ${list(variables)} ${
      variables.length > 1 ? 'sind' : 'ist'
    } nicht gesetzt`,
    KEYS[service],
  ],
  secret_unreadable: ({ place, said }) => [
    `${place}: das Geheimnis kann nicht gelesen werden: ${said}`,
    'Den Schlüsselbund entsperren oder die Umgebungsvariablen der Verbindung setzen, bevor Sluice startet.',
  ],
  connections: ({ said }) => [
    `die Verbindungen sind nicht zu gebrauchen: ${said}`,
    'Die Datei in Ordnung bringen oder in SLUICE_CONNECTIONS eine andere angeben.',
  ],
  connection_unknown: ({ name, place, known }) => [
    `es gibt keine Verbindung ${name}, die ${place} nennt; ${
      known.length === 0 ? 'es gibt noch gar keine' : `es gibt ${known.join(', ')}`
    }`,
    'Sie unter „Verbindungen“ anlegen. Eine Datei oder ein Ordner dieses Computers, dessen Name so beginnt, wird mit ./ davor geschrieben.',
  ],
  connection_invalid: ({ place, service, said }) => [
    `${place}: die Verbindung ist nicht richtig beschrieben: ${said}`,
    CONNECTION[service],
  ],
  web_server: ({ place }) => [
    `${place}: ein Webserver hat keine Liste seiner Dateien, also ist er kein Ort für Quelle oder Ziel`,
    'Seine Dateien mit ihren URLs in den Zeilen eines Katalogs nennen; unterhalb seiner Adresse werden sie mit dem Geheimnis der Verbindung geholt.',
  ],
  kind_not_built: ({ place }) => [
    `${place}: dieses Sluice kennt diese Art von Verbindung nicht`,
    'Ein Sluice nehmen, das damit gebaut ist.',
  ],
  bucket_missing: ({ place }) => [`${place} nennt keinen Bucket`, BUCKET_FIRST],
  bucket_invalid: ({ name }) => [
    `die Verbindung ${name}: der Name eines Buckets hat 3 bis 63 Buchstaben, Ziffern, „-“, „_“ oder „.“, am Rand weder „-“ noch „.“ und nie zwei „.“ nebeneinander`,
    BUCKET_FIRST,
  ],
  place_invalid: ({ place }) => [
    `${place} ist kein schlichter Pfad`,
    'Den Pfad dort ohne . und .. schreiben.',
  ],
  place: ({ end, place, trouble, said }) => {
    const [what, todo] = TROUBLE[trouble];
    return [`${TRIED[end](place)}: ${what} (${said})`, todo];
  },
  tool_missing: ({ tool, name }) => [
    `es gibt kein Programm ${name}, das der Auftrag zum Beschreiben von Dateien braucht`,
    INSTALL[tool],
  ],
  tool_unusable: ({ program, said }) => [
    `das Programm ${program}, das Dateien beschreiben soll, geht nicht (${said})`,
    'Das Programm von Hand ausprobieren. Braucht es mehr Arbeitsspeicher, im Auftrag unter [describe] memory_mb erhöhen; sonst neu installieren oder ein anderes wählen.',
  ],
  no_request: () => ['der Auftrag hat keine solche Anfrage', 'Sie zuerst beschreiben.'],
  nothing_to_try: () => [
    'es gibt keinen Datensatz, um es zu versuchen',
    'Eine Quelle oder einen Katalog hinzufügen, dessen Dateien da sind.',
  ],
};
