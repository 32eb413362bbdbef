/** What to do about a record that failed, for each category, in German. */
import type { Category } from '../backend/types';

export const advice: Record<Category, string> = {
  source_missing:
    'Die Datei dorthin zurücklegen, wo sie war, oder den Datensatz so belassen; dann erneut versuchen.',
  row_unreadable:
    'Die Zeile im Katalog berichtigen und mit ihm eine neue Migration beginnen: Was schon da ist, wird übersprungen.',
  path_unsafe:
    'Im Katalog des Auftrags eine Präfixregel dafür ergänzen und eine neue Migration beginnen, oder dem Datensatz einen Pfad unterhalb seines Ordners geben und ihn erneut versuchen.',
  duplicate_id:
    'Die erste Zeile mit dieser Kennung wird geliefert. Die andere im Katalog berichtigen und mit ihm eine neue Migration beginnen.',
  duplicate_path:
    'Die Datei wird einmal geliefert, so wie die erste Zeile sie beschreibt. Sind beide richtig, ist nichts zu tun; sonst den Pfad berichtigen.',
  size_mismatch:
    'Die Datei mit ihrem Original vergleichen: Sie ist vielleicht abgeschnitten. Die richtige zurücklegen oder den Katalog berichtigen und eine neue Migration beginnen: Was schon da ist, wird übersprungen.',
  checksum_mismatch:
    'Die Datei wurde geändert oder beschädigt, seit ihre Prüfsumme berechnet wurde. Die richtige zurücklegen oder den Katalog berichtigen; dann erneut versuchen.',
  source_unreadable: 'Dem eigenen Benutzerkonto das Leserecht geben, dann erneut versuchen.',
  folder_unreadable:
    'Dem eigenen Benutzerkonto das Recht geben, ihn zu öffnen; dann erneut prüfen oder eine neue Migration beginnen: Was schon da ist, wird übersprungen.',
  source_archived:
    'Das Objekt muss zuerst zurückgeholt werden: den Dienst darum bitten (das dauert meist Stunden), warten, bis er es meldet, dann erneut versuchen.',
  source_io:
    'Der Datenträger oder die Verbindung zu ihm ist vielleicht gestört: prüfen, dann erneut versuchen.',
  source_damaged:
    'Die Bytes wurden unterwegs verändert, oder der Datenträger des Dienstes ist gestört: erneut versuchen. Geschieht es wieder, das Netz prüfen und beim Betreiber des Dienstes nachfragen.',
  source_changed: 'Warten, bis nichts mehr in die Datei schreibt, dann erneut versuchen.',
  source_not_a_file:
    'Nur gewöhnliche Dateien werden bewegt. Sie durch die Datei selbst ersetzen, dann erneut versuchen.',
  name_collision:
    'Das Ziel unterscheidet diese Namen nicht. Einen der beiden in der Quelle umbenennen und erneut prüfen.',
  name_unsupported: 'Der Datei in der Quelle einen kürzeren oder schlichteren Namen geben und erneut prüfen.',
  destination_conflict:
    'Die beiden Dateien vergleichen. Dann ein anderes Vorgehen bei vergebenen Namen wählen oder die Datei am Ziel wegräumen und erneut versuchen.',
  destination_outside:
    'Ein Ordner unterhalb des Ziels ist ein Link, der anderswohin führt. Den Link durch einen echten Ordner ersetzen, dann erneut versuchen.',
  destination_denied: 'Dem eigenen Benutzerkonto dort das Schreibrecht geben, dann erneut versuchen.',
  destination_io:
    'Der Datenträger oder die Verbindung zu ihm ist vielleicht gestört: prüfen, dann erneut versuchen.',
  destination_refused:
    'Die Antwort des Dienstes lesen. Kennt er keine Prüfsummen oder Bedingungen, lassen sie sich in den Einstellungen der Verbindung abschalten; dann erneut versuchen.',
  file_too_large:
    'Das Dateisystem des Ziels begrenzt die Größe einer Datei (FAT32: 4 GiB). Für sie eines mit einem anderen Dateisystem verwenden.',
  template_failed:
    'Die Vorlage im Auftrag oder die Felder des Datensatzes berichtigen, dann erneut versuchen.',
  metadata_invalid:
    'Das Feld des Datensatzes oder die Bedingung im Auftrag berichtigen, dann erneut versuchen.',
  target_unsafe:
    'Die Vorlage des Ziels oder die Felder des Datensatzes berichtigen, dann erneut versuchen. Außerhalb des Ziels wird nie etwas geschrieben.',
  not_found: 'Pfad oder Felder des Datensatzes mit dem Dienst abgleichen, dann erneut versuchen.',
  asset_conflict:
    'Den Eintrag beim Dienst nachsehen. Bedeutet seine Antwort, dass alles in Ordnung ist, 409 bei `success` ergänzen; dann erneut versuchen.',
  request_rejected:
    'Die Antwort des Dienstes lesen, die Felder des Datensatzes oder den Auftrag berichtigen, dann erneut versuchen.',
  answer_invalid:
    'Die Anfrage an diesem einen Datensatz versuchen und ihre Antwort mit den Zeigern im Auftrag vergleichen, dann erneut versuchen.',
  field_missing:
    'Den Eintrag beim Dienst vervollständigen oder das Feld im Auftrag freistellen, dann erneut versuchen.',
  timeout:
    'Der Dienst oder der Datenträger hat für diesen Datensatz nicht geantwortet. Ihn allein versuchen; erneut versuchen, wenn er wieder antwortet.',
  service_error: 'Beim Betreiber des Dienstes nachfragen, mit Uhrzeit und Meldung; dann erneut versuchen.',
  service_unreachable: 'Das Netz und die Adresse des Dienstes prüfen, dann erneut versuchen.',
  throttled:
    'Die Rate oder die Zahl der gleichzeitigen Anfragen an diesen Dienst senken, dann erneut versuchen.',
  media_unreadable:
    'Sie ist vielleicht beschädigt oder von einer Art, die das Programm nicht kennt: abspielen. Damit solche Dateien trotzdem geliefert werden, im Auftrag on_unknown_media = "deliver" setzen; dann erneut versuchen.',
  scratch_unusable:
    'Dort Platz schaffen, wo der Zwischenbereich liegt, oder im Auftrag unter [scratch] einen anderen Ordner oder eine höhere Grenze angeben; dann erneut versuchen.',
  scratch_too_small:
    'Eine Datei von anderswo liegt dort, während sie beschrieben wird oder wenn ihr Server ihre Größe nicht nennt. limit_mib unter [scratch] im Auftrag erhöhen, dann erneut versuchen.',
  verify_mismatch:
    'Das Ziel hat die geschriebenen Bytes nicht behalten. Erneut versuchen; geschieht es wieder, ist diesem Datenträger nicht zu trauen.',
  group_incomplete:
    'Die Datei in Ordnung bringen, die die Meldung nennt, und eine beliebige der Gruppe erneut versuchen: Alle werden erneut versucht. Sollen die anderen ohne sie geliefert werden, sie mit einer Notiz belassen und die anderen erneut versuchen.',
  group_too_large:
    'In [[group]] des Auftrags einen tieferen Ordner angeben, damit jeder Clip eine eigene Gruppe ist, und eine neue Migration beginnen.',
  internal:
    'Andere Datensätze sind nicht betroffen. Bitte mit der Meldung weitergeben; nach einer Aktualisierung erneut versuchen.',
  destination_full: 'Am Ziel Platz schaffen; der Lauf geht dann von selbst weiter. Nichts ist verloren.',
  destination_gone:
    'Das Laufwerk oder den Netzordner unter demselben Pfad wieder verbinden; der Lauf geht dann von selbst weiter.',
  destination_read_only:
    'Das System sperrt einen Datenträger, wenn er Fehler hat oder schreibgeschützt ist. Ihn prüfen und wieder beschreibbar einbinden; der Lauf geht dann von selbst weiter.',
  service_down:
    'Nichts ist verloren, und es ist nichts zu tun: Der Lauf geht von selbst weiter, sobald der Dienst wieder antwortet.',
  service_denied:
    'Das Geheimnis prüfen, das der Auftrag für diesen Dienst nennt; der Lauf geht weiter, sobald der Dienst es annimmt.',
  checkpoint_unusable:
    'Auf dem Datenträger mit der .sluice-Datei Platz schaffen oder prüfen, ob er noch da ist; der Lauf geht dann von selbst weiter. Nichts ist verloren.',
  tool_gone:
    'Das Programm neu installieren oder dem System Raum geben, es auszuführen; der Lauf geht dann von selbst weiter.',
  source_gone:
    'Das Laufwerk oder den Netzordner unter demselben Pfad wieder verbinden; der Lauf geht dann von selbst weiter.',
};
