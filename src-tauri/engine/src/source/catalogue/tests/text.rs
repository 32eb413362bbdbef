//! CSV and its kin, in all the ways that people write it.

use encoding_rs::{
    BIG5, Encoding, GBK, MACINTOSH, SHIFT_JIS, UTF_8, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252,
};

use super::super::EncodingBy;
use super::{assert_told, told};

const ID_PATH: &[&str] = &["id", "path"];
const TWO: &[&str] = &["2: 1 | a.mov", "3: 2 | b.mov"];

#[track_caller]
fn two(name: &str, text: &str) {
    assert_told(name, text.as_bytes(), "", ID_PATH, TWO);
}

#[test]
fn delimiters() {
    two("x.csv", "id,path\n1,a.mov\n2,b.mov\n");
    two("x.tsv", "id\tpath\n1\ta.mov\n2\tb.mov\n");
    two("x.csv", "id;path\n1;a.mov\n2;b.mov\n");
    two("x.txt", "id|path\n1|a.mov\n2|b.mov\n");
    two("x", "id,path\n1,a.mov\n2,b.mov");
    assert_told("x.csv", b"id:path\n1:a\n", "delimiter = \":\"", ID_PATH, &["2: 1 | a"]);
    assert_told("x.csv", b"id,path\tz\n1,a\tb\n", "delimiter = \"tab\"", &["id,path", "z"], &["2: 1,a | b"]);
}

#[test]
fn line_ends() {
    two("x.csv", "id,path\r\n1,a.mov\r\n2,b.mov\r\n");
    two("x.csv", "id,path\r1,a.mov\r2,b.mov");
    assert_told("x.csv", b"id,path\n\n1,a\r\n\r\n2,b\r\r", "", ID_PATH, &["3: 1 | a", "5: 2 | b"]);
}

#[test]
fn an_excel_line_that_names_the_delimiter_is_no_row() {
    assert_told("x.csv", b"sep=;\r\nid;path\r\n1;a,b\r\n", "", ID_PATH, &["3: 1 | a,b"]);
    assert_told("x.csv", b"\"sep=|\"\nid|path\n1|a\n", "", ID_PATH, &["3: 1 | a"]);
}

#[test]
fn quotes() {
    assert_told("x.csv", b"id,path\n1,\"a, \"\"b\"\"\"\n", "", ID_PATH, &["2: 1 | a, \"b\""]);
    assert_told(
        "x.csv",
        b"\"id\",\"path\"\n\"1\",\"a\nb\nc\"\n2,d\n",
        "",
        ID_PATH,
        &["2: 1 | a\nb\nc", "3: 2 | d"],
    );
    assert_told("x.csv", b"id,path\n'1','a, b'\n'2','c'\n", "", ID_PATH, &["2: 1 | a, b", "3: 2 | c"]);
    assert_told("x.csv", b"id,path\n1,12\" reel\n2,b\n", "", ID_PATH, &["2: 1 | 12\" reel", "3: 2 | b"]);
    assert_told(
        "x.tsv",
        b"id\tpath\n1\t\"a\n2\tb\"\n",
        "quote = \"none\"",
        ID_PATH,
        &["2: 1 | \"a", "3: 2 | b\""],
    );
    assert_told("x.csv", b"id,path\n1,$a, b$\n", "quote = \"$\"", ID_PATH, &["2: 1 | a, b"]);
    assert_told("x.csv", b"id,path\n\"\",\"\"\n1,\n", "", ID_PATH, &["2:  | ", "3: 1 | "]);
}

#[test]
fn a_preamble_is_found_and_shown() {
    let text = "Export of the archive\nMade on 2024-03-01\n\nid,path,title\n1,a,A\n2,b,B\n";
    let told = assert_told(
        "x.csv",
        text.as_bytes(),
        "",
        &["id", "path", "title"],
        &["5: 1 | a | A", "6: 2 | b | B"],
    );
    assert_eq!(told.head.preamble, ["Export of the archive", "Made on 2024-03-01"]);
    assert_eq!(told.head.header_row, Some(4));
    // As a spreadsheet saves it: padded to the width of the table.
    let text = "Export,,\n,,\nid,path,title\n1,a,A\n";
    assert_told("x.csv", text.as_bytes(), "", &["id", "path", "title"], &["4: 1 | a | A"]);
}

#[test]
fn the_header_can_be_chosen() {
    let text = b"a,b\nid,path\n1,x\n";
    assert_told("x.csv", text, "header_row = 2", ID_PATH, &["3: 1 | x"]);
    assert_told("x.csv", text, "skip = 1", ID_PATH, &["3: 1 | x"]);
    assert_told(
        "x.csv",
        text,
        "header_row = 0",
        &["Column 1", "Column 2"],
        &["1: a | b", "2: id | path", "3: 1 | x"],
    );
    assert_told("x.csv", text, "header_row = 0\nskip = 2", &["Column 1", "Column 2"], &["3: 1 | x"]);
    assert_eq!(told("x.csv", text, "header_row = 9").err().unwrap().code(), "header_missing");
}

#[test]
fn names_of_columns_are_made_unique() {
    assert_told(
        "x.csv",
        b"Title,path,Title,,Title (2),\" two\nlines \",\n1,2,3,4,5,6,7\n",
        "",
        &["Title", "path", "Title (2)", "Column 4", "Title (2) (2)", "two lines", "Column 7"],
        &["2: 1 | 2 | 3 | 4 | 5 | 6 | 7"],
    );
    assert_told("x.csv", "\u{feff}id,path\n1,a\n".as_bytes(), "", ID_PATH, &["2: 1 | a"]);
}

#[test]
fn ragged_rows() {
    let told = assert_told(
        "x.csv",
        b"id,path,title\n1\n2,b\n3,c,C,,\n4,d,D,E\n5,e,E\n",
        "",
        &["id", "path", "title"],
        &["2: 1 |  | ", "3: 2 | b | ", "4: 3 | c | C", "5!", "6: 5 | e | E"],
    );
    assert!(told.reasons[0].contains("4 cells for 3 columns"), "{:?}", told.reasons);
}

#[test]
fn leading_zeros_and_spaces_stay() {
    assert_told("x.csv", b"id,path\n007, a \n+1,1e5\n", "", ID_PATH, &["2: 007 |  a ", "3: +1 | 1e5"]);
}

#[test]
fn what_filemaker_writes() {
    assert_told(
        "x.csv",
        b"id,path,tags\r1,a\x0bb,red\x1dgreen\r",
        "",
        &["id", "path", "tags"],
        &["2: 1 | a\nb | red; green"],
    );
}

#[test]
fn one_column_alone() {
    assert_told("x.csv", b"path\na.mov\nb.mov\n", "", &["path"], &["2: a.mov", "3: b.mov"]);
    assert_told(
        "x.txt",
        b"path\na, b.mov\nc;d.mov\ne.mov\n",
        "",
        &["path"],
        &["2: a, b.mov", "3: c;d.mov", "4: e.mov"],
    );
}

#[test]
fn commas_in_numbers_and_prose_are_no_delimiters() {
    assert_told(
        "x.csv",
        b"a;b;c\n1,5;2,5;3,5\n4,5;5,5;6,5\n",
        "",
        &["a", "b", "c"],
        &["2: 1,5 | 2,5 | 3,5", "3: 4,5 | 5,5 | 6,5"],
    );
    let text = "id\ttext\n1\tone, two, three\n2\tfour, five\n";
    assert_told(
        "x.csv",
        text.as_bytes(),
        "",
        &["id", "text"],
        &["2: 1 | one, two, three", "3: 2 | four, five"],
    );
}

fn encoded(encoding: &'static Encoding, text: &str) -> Vec<u8> {
    let (bytes, _, lossy) = encoding.encode(text);
    assert!(!lossy, "{text} is no {}", encoding.name());
    bytes.into_owned()
}

fn utf_16(text: &str, mark: bool, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let mark = mark.then_some(0xfeff);
    mark.into_iter().chain(text.encode_utf16()).flat_map(bytes).collect()
}

#[test]
fn encodings_are_found() {
    let western = "id,path\n1,Zürich déjà vu.mov\n2,Åse Jørgen Muñoz.mov\n";
    let western_rows = &["2: 1 | Zürich déjà vu.mov", "3: 2 | Åse Jørgen Muñoz.mov"];
    for (bytes, encoding, by) in [
        (western.as_bytes().to_vec(), "UTF-8", EncodingBy::Content),
        (format!("\u{feff}{western}").into_bytes(), "UTF-8", EncodingBy::Mark),
        (utf_16(western, true, u16::to_le_bytes), "UTF-16LE", EncodingBy::Mark),
        (utf_16(western, true, u16::to_be_bytes), "UTF-16BE", EncodingBy::Mark),
        (utf_16(western, false, u16::to_le_bytes), "UTF-16LE", EncodingBy::Content),
        (utf_16(western, false, u16::to_be_bytes), "UTF-16BE", EncodingBy::Content),
        (encoded(WINDOWS_1252, western), "windows-1252", EncodingBy::Guess),
        (encoded(MACINTOSH, western), "macintosh", EncodingBy::Guess),
    ] {
        let told = assert_told("x.csv", &bytes, "", ID_PATH, western_rows);
        assert_eq!((told.head.encoding.as_deref(), told.head.encoding_by), (Some(encoding), Some(by)));
        assert_eq!(told.undecodable, 0);
    }
    for (encoding, text) in [
        (SHIFT_JIS, "映画のタイトル、日本語の説明です"),
        (WINDOWS_1251, "Привет, Москва и весь русский архив"),
        (WINDOWS_1250, "Łódź, Kraków, žluťoučký kůň úpěl ďábelské ódy"),
        (GBK, "这是一个中文的电影目录，北京和上海"),
        (BIG5, "這是一個繁體中文的電影目錄，臺北"),
    ] {
        let bytes = encoded(encoding, &format!("id;path\n1;{text}\n"));
        let told = assert_told("x.csv", &bytes, "", ID_PATH, &[&format!("2: 1 | {text}")]);
        assert_eq!(told.head.encoding.as_deref(), Some(encoding.name()));
    }
}

#[test]
fn an_encoding_can_be_chosen() {
    let bytes = encoded(MACINTOSH, "id,path\n1,é\n");
    assert_told("x.csv", &bytes, "encoding = \"macintosh\"", ID_PATH, &["2: 1 | é"]);
    assert_told("x.csv", &bytes, "encoding = \"MacRoman\"", ID_PATH, &["2: 1 | é"]);
    assert_told("x.csv", &bytes, "encoding = \"windows-1252\"", ID_PATH, &["2: 1 | Ž"]);
    assert_eq!(told("x.csv", &bytes, "encoding = \"klingon\"").err().unwrap().code(), "catalogue_option");
}

#[test]
fn bytes_that_are_no_text_are_counted_by_the_row() {
    let mut bytes = "id,path\n1,Zürich Köln Malmö Århus\n2,b".as_bytes().to_vec();
    bytes.extend_from_slice(b"\xff.mov\n3,c.mov\n");
    let told = assert_told(
        "x.csv",
        &bytes,
        "",
        ID_PATH,
        &["2: 1 | Zürich Köln Malmö Århus", "3: 2 | b\u{fffd}.mov", "4: 3 | c.mov"],
    );
    assert_eq!(told.undecodable, 1);
}

#[test]
fn accents_far_down_decide_too() {
    let mut text = "id,path\n".to_owned();
    for n in 0..300_000 {
        text += &format!("{n},plain-{n}.mov\n");
    }
    text += "x,Zürich déjà vu.mov\n";
    let told = told("x.csv", &encoded(WINDOWS_1252, &text), "").unwrap();
    assert_eq!(told.rows.last().unwrap(), "300002: x | Zürich déjà vu.mov");
}

#[test]
fn avid_log_exchange() {
    let ale = "Heading\nFIELD_DELIM\tTABS\nVIDEO_FORMAT\t1080\nFPS\t25\n\nColumn\nName\tTracks\tStart\t\n\nData\n\
               A001\tVA1A2\t01:00:00:00\t\nA002 \"take\"\tV\t\n";
    let columns = &["Name", "Tracks", "Start"];
    let rows = &["10: A001 | VA1A2 | 01:00:00:00", "11: A002 \"take\" | V | "];
    for ends in ["\n", "\r\n", "\r"] {
        for name in ["x.ale", "x.txt"] {
            let told = told(name, ale.replace('\n', ends).as_bytes(), "").unwrap();
            let found: Vec<&str> = told.head.columns.iter().map(|column| &**column).take(3).collect();
            assert_eq!(found, columns);
            let cut: Vec<String> =
                told.rows.iter().map(|row| row.trim_end_matches(" | ").to_owned()).collect();
            assert_eq!(cut[0], rows[0]);
            assert_eq!(cut.len(), 2);
            assert!(told.head.preamble.iter().any(|line| line == "FPS 25"), "{:?}", told.head.preamble);
        }
    }
    let no_columns = told("x.ale", b"Heading\nFPS\t25\nData\na\tb\n", "");
    assert_eq!(no_columns.err().unwrap().code(), "catalogue_damaged");
}

#[test]
fn a_file_without_rows_is_told_so() {
    assert_eq!(told("x.csv", b"", "").err().unwrap().code(), "catalogue_empty");
    assert_eq!(told("x.csv", b"\n\n\n", "").err().unwrap().code(), "catalogue_empty");
    assert_told("x.csv", b"id,path\n", "", ID_PATH, &[]);
    assert_told("x.csv", encoded(UTF_8, "id,path").as_slice(), "", ID_PATH, &[]);
}
