//! JSON and NDJSON.

use super::{assert_told, told};

const ID_PATH: &[&str] = &["id", "path"];

#[test]
fn arrays_lines_and_wrapped_arrays() {
    let rows = &["1: 1 | a", "2: 2 | b"];
    assert_told("x.json", br#"[{"id":1,"path":"a"},{"id":2,"path":"b"}]"#, "", ID_PATH, rows);
    assert_told(
        "x.json",
        b"[\n  {\n \"id\": 1,\n \"path\": \"a\" },\n  {\"id\":2,\"path\":\"b\"}\n]\n",
        "",
        ID_PATH,
        rows,
    );
    assert_told(
        "x.json",
        br#"{"total":2,"items":[{"id":1,"path":"a"},{"id":2,"path":"b"}]}"#,
        "",
        ID_PATH,
        rows,
    );
    assert_told("x.ndjson", b"{\"id\":1,\"path\":\"a\"}\n{\"id\":2,\"path\":\"b\"}\n", "", ID_PATH, rows);
    assert_told("x.json", b"{\"id\":1,\"path\":\"a\"}\r\n{\"id\":2,\"path\":\"b\"}", "", ID_PATH, rows);
    assert_told("x", b"[{\"id\":1,\"path\":\"a\"},{\"id\":2,\"path\":\"b\"}]", "", ID_PATH, rows);
    assert_told(
        "x.jsonl",
        b"{\"id\":1,\"path\":\"a\"}\n\n{\"id\":3,\"path\":\"c\"}\n",
        "",
        ID_PATH,
        &["1: 1 | a", "3: 3 | c"],
    );
}

#[test]
fn values_keep_their_kind_and_their_digits() {
    let json = r#"[{"id":"007","n":1.5,"big":12345678901234567890123,"yes":true,"no":null,"list":["a","b"],"deep":{"x":[1]}}]"#;
    assert_told(
        "x.json",
        json.as_bytes(),
        "",
        &["id", "n", "big", "yes", "no", "list", "deep"],
        &[r#"1: 007 | 1.5 | 12345678901234567890123 | true |  | ["a","b"] | {"x":[1]}"#],
    );
}

#[test]
fn records_may_have_different_columns() {
    assert_told("x.json", br#"[{"id":1},{"path":"b","id":2}]"#, "", ID_PATH, &["1: 1", "2: b | 2"]);
}

#[test]
fn escapes_and_encodings() {
    let json = "[{\"id\":1,\"path\":\"Z\\u00fcrich \\\"]}\\\"\"}]";
    assert_told("x.json", json.as_bytes(), "", ID_PATH, &["1: 1 | Zürich \"]}\""]);
    let wide: Vec<u8> =
        "\u{feff}[{\"id\":1,\"path\":\"é\"}]".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_told("x.json", &wide, "", ID_PATH, &["1: 1 | é"]);
}

#[test]
fn what_is_broken_costs_itself_alone() {
    let json = br#"[{"id":1,"path":"a"},{"id":2,"path":nonsense},3,["x"],{"id":5,"path":"e"}]"#;
    assert_told("x.json", json, "", ID_PATH, &["1: 1 | a", "2!", "3!", "4!", "5: 5 | e"]);
    let lines =
        b"{\"id\":1,\"path\":\"a\"}\n{\"id\":2,\n{\"id\":3,\"path\":\"c\"} x\n{\"id\":4,\"path\":\"d\"}\n";
    assert_told("x.ndjson", lines, "", ID_PATH, &["1: 1 | a", "2!", "3!", "4: 4 | d"]);
}

#[test]
fn a_file_that_is_cut_off_gives_what_is_before() {
    let told =
        assert_told("x.json", br#"[{"id":1,"path":"a"},{"id":2,"pa"#, "", ID_PATH, &["1: 1 | a", "2!"]);
    assert!(told.reasons[0].contains("ends in the middle"), "{:?}", told.reasons);
    assert_told("x.json", br#"[{"id":1,"path":"a"},"#, "", ID_PATH, &["1: 1 | a", "2!"]);
    assert_told("x.json", br#"[{"id":1,"path":"a"}"#, "", ID_PATH, &["1: 1 | a", "2!"]);
    assert_told("x.ndjson", b"{\"id\":1,\"path\":\"a\"}\n{\"id\":2,\"pa", "", ID_PATH, &["1: 1 | a", "2!"]);
}

#[test]
fn what_is_no_catalogue_is_refused() {
    for json in [&b"{}"[..], b"\"text\"", b"[", b"[3]", b"", b"{\"a\":1}x"] {
        assert!(told("x.json", json, "format = \"json\"").is_err(), "{}", String::from_utf8_lossy(json));
    }
    assert_eq!(told("x.json", b"[]", "").err().unwrap().code(), "catalogue_empty");
}

#[test]
fn a_record_without_end_is_cut_off() {
    let long = format!("[{{\"id\":1,\"path\":\"a\"}},{{\"id\":2,\"path\":\"{}\"}}]", "x".repeat(5 << 20));
    assert_told("x.json", long.as_bytes(), "", ID_PATH, &["1: 1 | a", "2!"]);
    let long = format!("{{\"id\":1,\"path\":\"{}\"}}\n{{\"id\":2,\"path\":\"b\"}}\n", "x".repeat(5 << 20));
    assert_told("x.ndjson", long.as_bytes(), "", ID_PATH, &["1!", "2: 2 | b"]);
    let deep = format!("[{{\"id\":1,\"path\":\"a\"}},{}]", "[".repeat(100_000));
    assert_told("x.json", deep.as_bytes(), "", ID_PATH, &["1: 1 | a", "2!"]);
}
