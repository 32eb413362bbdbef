//! Files that are damaged, cut off, or made to do harm: rows before, a reason, and the program lives.

use super::binary::xls;
use super::workbook::{archive, xlsx};
use super::{assert_told, told};

const ID_PATH: &[&str] = &["id", "path"];

fn rows(count: usize) -> String {
    let cell = |text: &str| format!(r#"<c t="inlineStr"><is><t>{text}</t></is></c>"#);
    let mut sheet = format!("<row>{}{}</row>", cell("id"), cell("path"));
    for n in 0..count {
        sheet += &format!("<row>{}{}</row>", cell(&n.to_string()), cell(&format!("{n}.mov")));
    }
    sheet
}

#[test]
fn a_sheet_that_breaks_off_gives_the_rows_before() {
    let torn = format!("{}<row><c><v>1", rows(2)).replace("</sheetData>", "");
    let bytes = xlsx(&torn, "");
    let told = assert_told("x.xlsx", &bytes, "", ID_PATH, &["2: 0 | 0.mov", "3: 1 | 1.mov", "4!"]);
    assert!(told.reasons[0].contains("damaged"), "{:?}", told.reasons);
}

#[test]
fn bytes_that_went_bad_give_the_rows_before() {
    let mut bytes = xlsx(&rows(50_000), "");
    let middle = bytes.len() * 9 / 10;
    bytes[middle..middle + 64].fill(0xff);
    let told = told("x.xlsx", &bytes, "").unwrap();
    assert!(told.rows.len() > 1_000, "{}", told.rows.len());
    assert_eq!(told.reasons.len(), 1, "{:?}", told.reasons);
    assert!(told.rows.last().unwrap().ends_with('!'));
}

#[test]
fn an_archive_that_is_cut_off_is_refused_with_the_reason() {
    let bytes = xlsx(&rows(1000), "");
    let error = told("x.xlsx", &bytes[..bytes.len() / 2], "").err().unwrap();
    assert_eq!(error.code(), "catalogue_damaged");
}

#[test]
fn a_text_that_a_cell_refers_to_and_that_is_not_there() {
    let sheet = format!("{}<row><c t=\"s\"><v>99</v></c></row>", rows(1));
    assert_told("x.xlsx", &xlsx(&sheet, ""), "", ID_PATH, &["2: 0 | 0.mov", "3!"]);
}

#[test]
fn a_bomb_ends_where_its_bound_is() {
    // Each is hundreds of times larger than the file that holds it.
    let text =
        format!("{}<row><c t=\"inlineStr\"><is><t>{}</t></is></c></row>", rows(1), "x".repeat(64 << 20));
    assert_told("x.xlsx", &xlsx(&text, ""), "", ID_PATH, &["2: 0 | 0.mov", "3!"]);
    let cells = format!("{}<row>{}</row>", rows(1), "<c/>".repeat(1 << 20));
    assert_told("x.xlsx", &xlsx(&cells, ""), "", ID_PATH, &["2: 0 | 0.mov", "3!"]);
    let empty = format!("{}{}", rows(1), "<row/>".repeat(1_100_000));
    assert_told("x.xlsx", &xlsx(&empty, ""), "", ID_PATH, &["2: 0 | 0.mov", "3!"]);
    let comment = format!("{}<row><!-- {} --></row>", rows(1), "<".repeat(32 << 20));
    assert_told("x.xlsx", &xlsx(&comment, ""), "", ID_PATH, &["2: 0 | 0.mov", "3!"]);
    let shared = xlsx(&rows(1), &format!("<si><t>{}</t></si>", "x".repeat(64 << 20)));
    assert_eq!(told("x.xlsx", &shared, "").err().unwrap().code(), "catalogue_damaged");
}

#[test]
fn archives_that_are_no_workbooks() {
    for parts in
        [&[("a.txt", "hello")][..], &[("xl/workbook.xml", "<workbook/>")], &[("content.xml", "<x/>")]]
    {
        assert_eq!(told("x.xlsx", &archive(parts), "").err().unwrap().code(), "catalogue_damaged");
        assert!(told("x.ods", &archive(parts), "").is_err());
    }
    assert!(told("x.xlsx", b"PK\x03\x04 and nothing else", "").is_err());
    assert!(told("x.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and nothing else", "").is_err());
    let locked = archive(&[
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", "<m><manifest:encryption-data/></m>"),
    ]);
    assert!(told("x.ods", &locked, "").err().unwrap().to_string().contains("password"));
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let locked = [&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1], &[0; 1016][..], &name].concat();
    assert!(told("x.xlsx", &locked, "").err().unwrap().to_string().contains("password"));
}

#[test]
fn an_xls_that_claims_or_breaks_anything() {
    let good = xls(&[&["id", "path"], &["1", "a"]], None);
    let place = good.windows(4).position(|bytes| bytes == [0, 2, 14, 0]).unwrap();
    let mut claims = good.clone();
    claims[place + 8..place + 12].fill(0x7f);
    assert_eq!(told("x.xls", &claims, "").err().unwrap().code(), "catalogue_damaged");
    let mut rng = fastrand::Rng::with_seed(4);
    for _ in 0..300 {
        let mut broken = good.clone();
        for _ in 0..rng.usize(1..6) {
            let at = rng.usize(0..broken.len());
            // The size of the sheet is looked at above.
            if !(place..place + 18).contains(&at) {
                broken[at] = rng.u8(..);
            }
        }
        // Whatever comes of it: it comes back.
        let _ = told("x.xls", &broken, "");
    }
}

#[test]
fn noise_is_read_or_refused_and_never_more() {
    let mut rng = fastrand::Rng::with_seed(7);
    for name in ["x.csv", "x.json", "x.ndjson", "x.ale", "x.xlsx", "x.xls", "x.ods", "x"] {
        for _ in 0..60 {
            let length = rng.usize(0..3000);
            let pieces =
                [&b"\""[..], b",", b"\n", b"\r", b"{", b"}", b"[", b"]", b"\0", b"\xff", b"a", b"PK\x03\x04"];
            let mut bytes = Vec::new();
            while bytes.len() < length {
                bytes.extend_from_slice(pieces[rng.usize(0..pieces.len())]);
            }
            let _ = told(name, &bytes, "");
        }
    }
}

#[test]
fn too_many_columns_and_cells() {
    let wide = vec!["c"; 5000].join(",");
    assert!(told("x.csv", format!("{wide}\n{wide}\n").as_bytes(), "").is_err());
    let row = format!("id,path\n1,a\n{wide}\n2,b\n");
    assert_told("x.csv", row.as_bytes(), "", ID_PATH, &["2: 1 | a", "3!", "4: 2 | b"]);
}

#[test]
fn a_runaway_quote_costs_one_row() {
    let mut text = "id,path\n1,a\n2,\"b\n".to_owned();
    for n in 3..2000 {
        text += &format!("{n},{n}.mov\n");
    }
    let told = told("x.csv", text.as_bytes(), "quote = '\"'").unwrap();
    assert_eq!(told.rows[..3], ["2: 1 | a", "3!", "4: 3 | 3.mov"]);
    assert_eq!((told.rows.len(), told.reasons.len()), (1999, 1));
}
