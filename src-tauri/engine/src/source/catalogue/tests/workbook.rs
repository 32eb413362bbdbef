//! XLSX, ODS and XLS.

use std::io::{Cursor, Write};

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::binary::xls;
use super::{assert_told, told};
use crate::source::catalogue::workbook::{Next, each_row};

const ID_PATH: &[&str] = &["id", "path"];

/// An archive of these parts.
pub(super) fn archive(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// An XLSX with this sheet and these shared texts.
pub(super) fn xlsx(sheet: &str, strings: &str) -> Vec<u8> {
    let main = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    archive(&[
        (
            "_rels/.rels",
            &format!(
                r#"<Relationships><Relationship Id="r1" Type="{main}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
            ),
        ),
        (
            "xl/workbook.xml",
            r#"<workbook><sheets><sheet name="Clips" sheetId="1" r:id="r1"/></sheets></workbook>"#,
        ),
        (
            "xl/_rels/workbook.xml.rels",
            &format!(
                r#"<Relationships><Relationship Id="r1" Type="{main}/worksheet" Target="worksheets/sheet1.xml"/>
                   <Relationship Id="r2" Type="{main}/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>"#
            ),
        ),
        ("xl/sharedStrings.xml", &format!("<sst>{strings}</sst>")),
        ("xl/worksheets/sheet1.xml", &format!("<worksheet><sheetData>{sheet}</sheetData></worksheet>")),
    ])
}

fn ods(table: &str) -> Vec<u8> {
    archive(&[
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", "<manifest:manifest/>"),
        (
            "content.xml",
            &format!(
                "<office:document-content><office:body><office:spreadsheet>{table}</office:spreadsheet></office:body></office:document-content>"
            ),
        ),
    ])
}

#[test]
fn an_xlsx_as_programs_write_it() {
    let mut workbook = Workbook::new();
    let date = Format::new().set_num_format("yyyy-mm-dd");
    let moment = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
    let length = Format::new().set_num_format("[h]:mm:ss");
    let padded = Format::new().set_num_format("00000");
    let sheet = workbook.add_worksheet();
    let names = ["id", "path", "date", "at", "length", "number", "padded", "yes", "ratio"];
    for (column, name) in (0..).zip(names) {
        sheet.write(0, column, name).unwrap();
    }
    sheet.write(1, 0, "007").unwrap();
    sheet.write(1, 1, "Zürich & <b>\nback\r").unwrap();
    sheet.write_with_format(1, 2, ExcelDateTime::from_ymd(2024, 2, 29).unwrap(), &date).unwrap();
    let at = ExcelDateTime::from_ymd(2024, 2, 29).unwrap().and_hms(12, 30, 15).unwrap();
    sheet.write_with_format(1, 3, at, &moment).unwrap();
    sheet.write_with_format(1, 4, 1.5, &length).unwrap();
    sheet.write(1, 5, 1_234_567_890_123_f64).unwrap();
    sheet.write_with_format(1, 6, 42, &padded).unwrap();
    sheet.write(1, 7, true).unwrap();
    sheet.write(1, 8, 0.1).unwrap();
    sheet.write(4, 1, "far.mov").unwrap();
    let bytes = workbook.save_to_buffer().unwrap();
    let told = assert_told(
        "x.xlsx",
        &bytes,
        "",
        &names,
        &[
            "2: 007 | Zürich & <b>\nback\r | 2024-02-29 | 2024-02-29T12:30:15 | 36:00:00 | 1234567890123 | 00042 | TRUE | 0.1",
            "5:  | far.mov |  |  |  |  |  |  | ",
        ],
    );
    assert_eq!((told.head.sheet.as_deref(), told.head.encoding), (Some("Sheet1"), None));
}

#[test]
fn the_first_visible_sheet_or_the_one_that_is_named() {
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_name("Notes").unwrap().set_hidden(true);
    for (name, path) in [("Clips", "a"), ("Stills", "b")] {
        let sheet = workbook.add_worksheet();
        sheet.set_name(name).unwrap().write(0, 0, "path").unwrap();
        sheet.write(1, 0, path).unwrap();
        if name == "Clips" {
            sheet.set_active(true);
        }
    }
    let bytes = workbook.save_to_buffer().unwrap();
    assert_told("x.xlsx", &bytes, "", &["path"], &["2: a"]);
    let told = assert_told("x.xlsx", &bytes, "sheet = \"Stills\"", &["path"], &["2: b"]);
    assert_eq!(told.head.sheets, ["Notes", "Clips", "Stills"]);
    let error = super::told("x.xlsx", &bytes, "sheet = \"Reels\"").err().unwrap();
    assert!(error.to_string().contains("Notes, Clips, Stills"), "{error}");
}

#[test]
fn shared_and_rich_and_phonetic_texts() {
    let strings = "<si><t>id</t></si><si><t>path</t></si>\
                   <si><r><t>two </t></r><r><rPr><b/></rPr><t xml:space=\"preserve\">parts &amp; &#x41;</t></r></si>\
                   <si><t>課</t><rPh sb=\"0\" eb=\"1\"><t>カ</t></rPh></si>";
    let sheet = r#"<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>
                   <row r="2"><c r="A2" t="s"><v>3</v></c><c r="B2" t="s"><v>2</v></c></row>"#;
    assert_told("x.xlsx", &xlsx(sheet, strings), "", ID_PATH, &["2: 課 | two parts & A"]);
}

#[test]
fn cells_and_rows_without_places_and_formulas() {
    let sheet = r#"<row><c t="inlineStr"><is><t>id</t></is></c><c t="inlineStr"><is><t>path</t></is></c></row>
                   <row><c><f>1+1</f><v>2</v></c><c t="str"><f>A1</f><v>a_x000D_b</v></c></row>
                   <row r="9"><c r="B9" t="e"><v>#N/A</v></c><c r="D9" t="b"><v>1</v></c></row>"#;
    assert_told("x.xlsx", &xlsx(sheet, ""), "", ID_PATH, &["2: 2 | a\rb", "9:  | #N/A | TRUE"]);
}

#[test]
fn a_preamble_and_unnamed_columns_of_a_sheet() {
    let text =
        |place: &str, text: &str| format!(r#"<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>"#);
    let sheet = format!(
        "<row r=\"1\">{}</row><row r=\"3\">{}{}{}</row><row r=\"4\">{}{}{}</row>",
        text("A1", "Archive list"),
        text("B3", "id"),
        text("D3", "path"),
        text("E3", "path"),
        text("B4", "1"),
        text("C4", "x"),
        text("D4", "a"),
    );
    let told = assert_told(
        "x.xlsx",
        &xlsx(&sheet, ""),
        "",
        &["id", "Column 3", "path", "path (2)"],
        &["4: 1 | x | a | "],
    );
    assert_eq!((told.head.preamble, told.head.header_row), (vec!["Archive list".to_owned()], Some(3)));
}

#[test]
fn one_cell_at_the_far_corner_costs_nothing() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write(0, 0, "path").unwrap();
    sheet.write(1, 0, "a.mov").unwrap();
    sheet.write(1_048_575, 16_383, "stray").unwrap();
    let bytes = workbook.save_to_buffer().unwrap();
    assert_told("x.xlsx", &bytes, "", &["path"], &["2: a.mov", "1048576:  | stray"]);
    let alone =
        xlsx(r#"<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>path</t></is></c></row>"#, "");
    assert_told("x.xlsx", &alone, "", &["path"], &[]);
}

/// What stands in all sheets of a workbook.
fn all_sheets(bytes: &[u8]) -> Result<Vec<String>, String> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let mut rows = Vec::new();
    each_row(file.path(), &mut |sheet, number, cells| {
        rows.push(format!("{sheet} {number} {cells:?}"));
        match cells[0].1.as_str() {
            "no more of this" => Next::Sheet,
            "enough" => Next::End,
            _ => Next::Row,
        }
    })?;
    Ok(rows)
}

#[test]
fn all_sheets_are_read_as_they_are_and_within_bounds() {
    let mut workbook = Workbook::new();
    for (name, cells) in [
        ("a", ["x\u{b}y", "z"]),
        ("b", ["no more of this", "never"]),
        ("c", ["enough", "never"]),
        ("d", ["never"; 2]),
    ] {
        let sheet = workbook.add_worksheet();
        sheet.set_name(name).unwrap();
        sheet.write(0, 2, cells[0]).unwrap();
        sheet.write(3, 0, cells[1]).unwrap();
    }
    let told = all_sheets(&workbook.save_to_buffer().unwrap()).unwrap();
    let expected = [
        r#"a 1 [(2, "x\u{b}y")]"#,
        r#"a 4 [(0, "z")]"#,
        r#"b 1 [(2, "no more of this")]"#,
        r#"c 1 [(2, "enough")]"#,
    ];
    assert_eq!(told, expected);
    // A text, and a row, that would fill the memory.
    let long = "x".repeat(17 << 20);
    let cell = r#"<row r="1"><c r="A1" t="s"><v>0</v></c></row>"#;
    assert!(all_sheets(&xlsx(cell, &format!("<si><t>{long}</t></si>"))).unwrap_err().contains("more than"));
    let wide = format!(r#"<row r="1"><c r="A1" t="str"><v>{long}</v></c></row>"#);
    assert!(all_sheets(&xlsx(&wide, "")).unwrap_err().contains("more than"));
    assert!(all_sheets(b"no workbook").is_err());
}

#[test]
fn an_ods_as_programs_write_it() {
    let text = |text: &str| {
        format!("<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>")
    };
    let table = format!(
        "<table:table table:name=\"Clips\"><table:table-column/>\
         <table:table-row>{}{}{}</table:table-row>\
         <table:table-row table:number-rows-repeated=\"3\"><table:table-cell table:number-columns-repeated=\"1024\"/></table:table-row>\
         <table:table-row>{}<table:table-cell office:value-type=\"float\" office:value=\"42\"><text:p>42.00</text:p></table:table-cell>\
         <table:table-cell office:value-type=\"date\" office:date-value=\"2024-02-29\"><text:p>29.2.</text:p></table:table-cell></table:table-row>\
         <table:table-row table:number-rows-repeated=\"2\"><table:table-cell office:value-type=\"time\" office:time-value=\"PT01H02M03S\"/>\
         <table:table-cell table:number-columns-repeated=\"2\" office:value-type=\"string\"><office:annotation><text:p>note</text:p></office:annotation><text:p>a<text:s text:c=\"2\"/>b</text:p><text:p>c &amp; d</text:p></table:table-cell></table:table-row>\
         <table:table-row table:number-rows-repeated=\"1048000\"><table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>\
         </table:table><table:table table:name=\"Other\"><table:table-row>{}</table:table-row></table:table>",
        text("id"),
        text("path"),
        text("title"),
        text("007"),
        text("x"),
    );
    let told = assert_told(
        "x.ods",
        &ods(&table),
        "",
        &["id", "path", "title"],
        &[
            "5: 007 | 42 | 2024-02-29",
            "6: 01:02:03 | a  b\nc & d | a  b\nc & d",
            "7: 01:02:03 | a  b\nc & d | a  b\nc & d",
        ],
    );
    assert_eq!(told.head.sheets, ["Clips", "Other"]);
    assert_told("x.ods", &ods(&table), "sheet = \"Other\"", &["x"], &[]);
}

#[test]
fn an_ods_that_repeats_itself_without_end() {
    let cell = "<table:table-cell table:number-columns-repeated=\"4000000000\" office:value-type=\"string\"><text:p>x</text:p></table:table-cell>";
    let bomb = format!(
        "<table:table table:name=\"a\"><table:table-row table:number-rows-repeated=\"2\">{cell}</table:table-row></table:table>"
    );
    let error = told("x.ods", &ods(&bomb), "").err().unwrap();
    assert_eq!(error.code(), "catalogue_too_wide");
    let narrow = "<table:table table:name=\"a\"><table:table-row table:number-rows-repeated=\"4000000000\">\
                  <table:table-cell office:value-type=\"string\"><text:p>x</text:p></table:table-cell></table:table-row></table:table>";
    let told = told("x.ods", &ods(narrow), "").unwrap();
    assert_eq!((told.rows.len(), told.rows.last().unwrap().as_str()), (1_048_576, "1048577!"));
}

#[test]
fn an_old_xls() {
    let bytes = xls(&[&["id", "path"], &["007", "Zürich.mov"]], Some(12.0));
    assert_told("x.xls", &bytes, "", ID_PATH, &["2: 007 | Zürich.mov", "3: 12 | "]);
    // Its ending says otherwise, as it often does.
    assert_told("x.xlsx", &bytes, "", ID_PATH, &["2: 007 | Zürich.mov", "3: 12 | "]);
}
