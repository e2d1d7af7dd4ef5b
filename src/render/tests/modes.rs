//! The modes.

use super::*;

#[test]
fn list_is_what_sqlite_prints() {
    insta::assert_snapshot!(drawn(people(), &format(Mode::List)).replace('\u{1b}', "<esc>"), @r#"
    id|name|paid|sum|more
    9007199254740993|née, "Müller"|1|9.90|0.1
    2|""|||
    3|漢字
    new <esc>[31mline|0|-0.05|x'00ff'
    "#);
}

#[test]
fn csv_quotes_what_rfc_4180_says() {
    insta::assert_snapshot!(drawn(people(), &format(Mode::Csv)).replace('\u{1b}', "<esc>"), @r#"
    id,name,paid,sum,more
    9007199254740993,"née, ""Müller""",1,9.90,0.1
    2,"",,,
    3,"漢字
    new <esc>[31mline",0,-0.05,x'00ff'
    "#);
}

#[test]
fn tsv_keeps_a_row_on_one_line() {
    let text =
        drawn(people(), &format(Mode::Tsv)).replace('\u{1b}', "<esc>").replace('\t', "<tab>");
    insta::assert_snapshot!(text, @r#"
    id<tab>name<tab>paid<tab>sum<tab>more
    9007199254740993<tab>née, "Müller"<tab>1<tab>9.90<tab>0.1
    2<tab>""<tab><tab><tab>
    3<tab>漢字\nnew <esc>[31mline<tab>0<tab>-0.05<tab>x'00ff'
    "#);
}

#[test]
fn json_is_exact_and_reads_back() {
    let text = drawn(people(), &format(Mode::Json));
    insta::assert_snapshot!(text, @r#"
    [{"id":9007199254740993,"name":"née, \"Müller\"","paid":true,"sum":9.90,"more":0.1},
    {"id":2,"name":"","paid":null,"sum":null,"more":null},
    {"id":3,"name":"漢字\nnew \u001b[31mline","paid":false,"sum":-0.05,"more":"AP8="}]
    "#);
    let read: serde_json::Value = serde_json::from_str(&text).expect("valid JSON");
    assert_eq!(read[2]["name"], "漢字\nnew \u{1b}[31mline");
    assert_eq!(read[0]["id"], 9_007_199_254_740_993_i64);
    assert_eq!(drawn(rows(&[("a", DataType::Any)], &[]), &format(Mode::Json)), "[]\n");
    assert_eq!(drawn(rows(&[("a", DataType::Any)], &[]), &format(Mode::Ndjson)), "");
}

#[test]
fn json_keeps_columns_of_one_name_apart() {
    let integers = vec![Value::Integer(1), Value::Integer(2), Value::Integer(3)];
    let columns = [("id", DataType::Integer), ("id", DataType::Integer), ("j", DataType::Integer)];
    let text = drawn(rows(&columns, &[integers.clone(), integers]), &format(Mode::Ndjson));
    assert_eq!(text, "{\"id\":1,\"id:1\":2,\"j\":3}\n{\"id\":1,\"id:1\":2,\"j\":3}\n");
}

#[test]
fn line_names_every_value() {
    insta::assert_snapshot!(drawn(people(), &format(Mode::Line)).replace('\u{1b}', "<esc>"), @r#"
       id = 9007199254740993
     name = née, "Müller"
     paid = 1
      sum = 9.90
     more = 0.1

       id = 2
     name = 
     paid = 
      sum = 
     more = 

       id = 3
     name = 漢字
    new <esc>[31mline
     paid = 0
      sum = -0.05
     more = x'00ff'
    "#);
}

#[test]
fn no_byte_of_a_value_commands_a_terminal() {
    for entry in MODES {
        for colour in [false, true] {
            let at_terminal = Format { terminal: true, colour, ..format(entry.mode) };
            let columns = [("a\u{1b}[2J", DataType::Text), ("j", DataType::Json)];
            let value = "x\u{1b}]52;c;AAAA\u{7}\u{9b}31m\u{202e}\r\u{8}";
            let values = vec![Value::text(value), Value::Json("[\"\u{9b}31m\"]".into())];
            let text = drawn(rows(&columns, &[values]), &at_terminal);
            for bad in ["\u{1b}]", "\u{1b}[2J", "\u{9b}", "\u{7}", "\u{202e}", "\r", "\u{8}"] {
                assert!(!text.contains(bad), "{bad:?} in {}: {text:?}", entry.name);
            }
        }
    }
}

#[test]
fn dates_and_reals_read_as_they_are_written() {
    let columns = [("d", DataType::Date), ("r", DataType::Real), ("s", DataType::Real)];
    let values = vec![Value::Date(Date(0)), Value::Real(1e300), Value::Real(2.0)];
    let text = |mode| drawn(rows(&columns, std::slice::from_ref(&values)), &format(mode));
    assert_eq!(text(Mode::List), "d|r|s\n1970-01-01|1e300|2.0\n");
    assert_eq!(text(Mode::Ndjson), "{\"d\":\"1970-01-01\",\"r\":1e300,\"s\":2.0}\n");
}

#[test]
fn markdown_is_a_table_and_nothing_in_it_is_markup() {
    let columns = [("a_b", DataType::Text), ("n|m", DataType::Integer)];
    let values = [
        vec![Value::text("x|y\r\n<b> *z* `q` [l](u) _i_"), Value::Integer(1)],
        vec![Value::Null, Value::Null],
    ];
    insta::assert_snapshot!(drawn(rows(&columns, &values), &format(Mode::Markdown)), @r"
    | a_b                                      | n\|m |
    |------------------------------------------|-----:|
    | x\|y<br>\<b\> \*z\* \`q\` \[l\](u) \_i\_ |    1 |
    | NULL                                     | NULL |
    ");
}

#[test]
fn html_is_a_table_and_nothing_in_it_is_markup() {
    let columns = [("a&b", DataType::Text), ("n", DataType::Integer)];
    let values =
        [vec![Value::text("<b>\"x\" 'y'</b>"), Value::Integer(1)], vec![Value::Null, Value::Null]];
    insta::assert_snapshot!(drawn(rows(&columns, &values), &format(Mode::Html)), @r"
    <table>
    <tr><th>a&amp;b</th><th>n</th></tr>
    <tr><td>&lt;b&gt;&quot;x&quot; &#39;y&#39;&lt;/b&gt;</td><td>1</td></tr>
    <tr><td>NULL</td><td>NULL</td></tr>
    </table>
    ");
}

#[test]
fn inserts_and_literals_are_sql() {
    let table = Format { headers: Some(false), ..Format::new(Mode::Insert) };
    insta::assert_snapshot!(drawn(people(), &table).replace('\u{1b}', "<esc>"), @r#"
    INSERT INTO t VALUES(9007199254740993,'née, "Müller"',TRUE,9.90,0.1);
    INSERT INTO t VALUES(2,'',NULL,NULL,NULL);
    INSERT INTO t VALUES(3,'漢字
    new <esc>[31mline',FALSE,-0.05,x'00ff');
    "#);
    let named = Format { table: Some("an order".into()), headers: Some(true), ..table };
    let columns = [("a b", DataType::Text), ("select", DataType::Real)];
    let values = [vec![Value::text("it's\0nul"), Value::Real(f64::INFINITY)]];
    insta::assert_snapshot!(drawn(rows(&columns, &values), &named), @r#"INSERT INTO "an order"("a b","select") VALUES('it''s'||char(0)||'nul',1e999);"#);
    let at_terminal = Format { terminal: true, ..named };
    let values = [vec![Value::text("\u{1b}[2J"), Value::Real(-0.5)]];
    insta::assert_snapshot!(drawn(rows(&columns, &values), &at_terminal), @r#"INSERT INTO "an order"("a b","select") VALUES(char(27)||'[2J',-0.5);"#);
    insta::assert_snapshot!(drawn(people(), &format(Mode::Quote)).replace('\u{1b}', "<esc>"), @r#"
    'id','name','paid','sum','more'
    9007199254740993,'née, "Müller"',TRUE,9.90,0.1
    2,'',NULL,NULL,NULL
    3,'漢字
    new <esc>[31mline',FALSE,-0.05,x'00ff'
    "#);
}

#[test]
fn null_and_the_separator_are_what_somebody_says() {
    let values = [vec![Value::Null, Value::text(""), Value::text("a;b")]];
    let columns = [("a", DataType::Any), ("b", DataType::Text), ("c", DataType::Text)];
    let shown = |mode| {
        let (null, separator) = (Some("-".into()), Some(";".into()));
        drawn(rows(&columns, &values), &Format { null, separator, ..Format::new(mode) })
    };
    assert_eq!(shown(Mode::List), "-;\"\";a;b\n");
    assert_eq!(shown(Mode::Csv), "-;\"\";\"a;b\"\n");
    assert_eq!(shown(Mode::Tsv), "-\t\"\"\ta;b\n");
    assert_eq!(shown(Mode::Line), "    a = -\n    b = \n    c = a;b\n");
    assert_eq!(shown(Mode::Quote), "NULL;'';'a;b'\n");
    assert_eq!(shown(Mode::Ndjson), "{\"a\":null,\"b\":\"\",\"c\":\"a;b\"}\n");
    assert!(shown(Mode::Markdown).contains("| -   |"));
    assert!(shown(Mode::Html).contains("<td>-</td>"));
}

#[test]
fn other_shells_names_of_modes_are_known() {
    assert_eq!(Mode::from_name("COLUMN"), Some(Mode::Box));
    assert_eq!(Mode::from_name("tabs"), Some(Mode::Tsv));
    assert_eq!(Mode::from_name("ascii"), None);
    for entry in MODES {
        assert_eq!(Mode::from_name(entry.name), Some(entry.mode));
    }
}
