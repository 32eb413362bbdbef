//! What a writer of CSV writes, the reader reads back the same.

use proptest::collection::vec;
use proptest::prelude::*;

use super::told;

/// What people and programs put into cells; not what FileMaker means otherwise.
fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9 ._-]{0,12}",
        "[\",;\t|\n\r'a=+@-]{0,8}",
        "\\PC{0,10}",
        Just(String::new()),
        Just("007".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn rows_come_back_as_they_were_written(
        rows in (2..6_usize).prop_flat_map(|width| vec(vec(cell(), width), 1..20)),
        delimiter in prop_oneof![Just(b','), Just(b';'), Just(b'\t'), Just(b'|')],
        ends in any::<bool>(),
        marked in any::<bool>(),
    ) {
        let width = rows[0].len();
        let names: Vec<String> = (0..width).map(|column| format!("name {column}")).collect();
        let mut bytes = if marked { "\u{feff}".as_bytes().to_vec() } else { Vec::new() };
        let terminator = if ends { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).terminator(terminator).from_writer(&mut bytes);
        writer.write_record(&names).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        writer.flush().unwrap();
        drop(writer);
        // A few rows tell a person no more than a program which delimiter was meant.
        let options = format!("delimiter = {:?}\nquote = '\"'\nencoding = \"utf-8\"", char::from(delimiter).to_string());
        let told = told("x.csv", &bytes, &options).unwrap();
        prop_assert_eq!(&told.reasons, &Vec::<String>::new());
        let expected: Vec<String> =
            (2..).zip(&rows).map(|(number, row)| format!("{number}: {}", row.join(" | "))).collect();
        prop_assert_eq!(told.rows, expected);
    }
}
