//! Decimals beside a model of whole numbers of any size, as digits.

use super::*;
use proptest::prelude::*;

fn shown(decimal: Option<Decimal>) -> Option<String> {
    decimal.map(|decimal| decimal.to_string())
}

#[test]
fn decimals_read_print_and_rescale() {
    let read = |text: &str| shown(Decimal::parse(text));
    assert_eq!(read("0.99"), Some("0.99".into()));
    assert_eq!(read("-0.05"), Some("-0.05".into()));
    assert_eq!(read(" +1.5e1 "), Some("15".into()));
    assert_eq!(read("1e-2"), Some("0.01".into()));
    assert_eq!(read("1.e+3"), Some("1000".into()));
    assert!(Decimal::parse("0e-99").is_some_and(|zero| zero.mantissa == 0));
    for text in ["", ".", "-", "1.-5", "abc", "1e99", "1e", "1e1.5", "--1", "1_0", "inf", "1e-39"] {
        assert_eq!(read(text), None, "{text}");
    }
    let price = Decimal { mantissa: 99, scale: 2 };
    assert_eq!(price.rescale(4).map(|d| d.mantissa), Some(9900));
    assert!(price.rescale(1).is_none());
    assert_eq!(price.compare(&Decimal { mantissa: 990, scale: 3 }), Ordering::Equal);
    assert!(price.fits(2) && !price.fits(1));
}

#[test]
fn texts_round_by_all_of_their_digits() {
    let read = |text: &str, scale| shown(Decimal::parse_rounded(text, scale));
    assert_eq!(read("20.9895", 2), Some("20.99".into()));
    assert_eq!(read("-0.005", 2), Some("-0.01".into()));
    assert_eq!(read(&format!("0.12{}", "4".repeat(60)), 2), Some("0.12".into()));
    assert_eq!(read(&format!("0.124{}", "9".repeat(60)), 2), Some("0.12".into()));
    assert_eq!(read(&format!("0.12{}1", "5".repeat(60)), 2), Some("0.13".into()));
    assert_eq!(read("5e-3", 2), Some("0.01".into()));
    assert_eq!(read("5e-4", 2), Some("0.00".into()));
    assert_eq!(read("9e-999999999999999999999", 2), Some("0.00".into()));
    assert_eq!(read("9e999999999999999999999", 2), None);
    assert_eq!(read("0e999999999999999999999", 2), Some("0.00".into()));
    assert_eq!(read(&"9".repeat(38), 0), Some("9".repeat(38)));
    assert_eq!(read(&"9".repeat(40), 0), None);
}

#[test]
fn a_number_of_too_many_digits_compares_as_what_it_is_beside() {
    let read = |text: &str| Decimal::parse_leading(text).expect("a number");
    let tenth = Decimal { mantissa: 1, scale: 1 };
    let above = format!("0.1{}1", "0".repeat(60));
    let below = format!("0.0{}", "9".repeat(60));
    assert_eq!(tenth.compare(&read(&above)), Ordering::Less);
    assert_eq!(tenth.compare(&read(&below)), Ordering::Greater);
    assert_eq!(read(&format!("-{above}")).compare(&read("-0.1")), Ordering::Less);
    assert_eq!(read(&format!("0.1{}", "0".repeat(60))).compare(&tenth), Ordering::Equal);
    assert_eq!(read("1e-50").compare(&Decimal::from(0)), Ordering::Greater);
    assert!(Decimal::parse_leading("1e99").is_none() && Decimal::parse_leading("1x").is_none());
}

#[test]
fn quotients_and_remainders_are_those_of_school() {
    let of = |text: &str| Decimal::parse(text).expect("a decimal");
    let quotient = |a: &str, b: &str, scale| shown(of(a).checked_div(of(b), scale));
    assert_eq!(quotient("100", "3", 10), Some("33.3333333333".into()));
    assert_eq!(quotient("-2", "3", 10), Some("-0.6666666667".into()));
    assert_eq!(quotient("1", "8", 2), Some("0.13".into()));
    assert_eq!(quotient("0.30", "0.1", 2), Some("3.00".into()));
    assert_eq!(
        quotient(&"9".repeat(28), &"9".repeat(38), 38),
        Some(format!("0.{}{}", "0".repeat(10), "9".repeat(28)))
    );
    assert_eq!(quotient("1", "0.0", 10), None);
    assert_eq!(quotient(&"9".repeat(38), "1", 10), None);
    let rest = |a: &str, b: &str| shown(of(a).checked_rem(of(b)));
    assert_eq!(rest("-5.55", "2"), Some("-1.55".into()));
    assert_eq!(rest("5.55", "-2"), Some("1.55".into()));
    assert_eq!(rest("1", "0.3"), Some("0.1".into()));
    assert_eq!(rest(&"9".repeat(38), "0.07"), Some("0.02".into()));
    assert_eq!(
        rest("0.00000000000000000000000000000000000001", &"9".repeat(38)).map(|r| r.len()),
        Some(40)
    );
    assert_eq!(rest("1", "0"), None);
}

#[test]
fn products_keep_what_can_be_kept() {
    let small = Decimal { mantissa: 10_i128.pow(20), scale: 20 };
    let product = small.checked_mul(small).expect("1 × 1");
    assert_eq!((product.scale, product.compare(&Decimal::from(1))), (38, Ordering::Equal));
    let last = Decimal { mantissa: 1, scale: 20 };
    assert!(last.checked_mul(last).is_none());
    assert_eq!(shown(Decimal { mantissa: -155, scale: 2 }.round(1)), Some("-1.6".into()));
    let of = |mantissa| Decimal { mantissa, scale: 1 };
    let each = [of(-15), of(-10), of(15)].map(|d| (shown(d.floor()), shown(d.ceil())));
    let text = |a: &str, b: &str| (Some(a.into()), Some(b.into()));
    assert_eq!(each, [text("-2", "-1"), text("-1", "-1"), text("1", "2")]);
}

fn small() -> impl Strategy<Value = Decimal> {
    (-1_000_000_i128..1_000_000, 0_u8..6).prop_map(|(mantissa, scale)| Decimal { mantissa, scale })
}

fn large() -> impl Strategy<Value = Decimal> {
    let limit = 10_i128.pow(38);
    (1 - limit..limit, 0_u8..=38).prop_map(|(mantissa, scale)| Decimal { mantissa, scale })
}

proptest! {
    #[test]
    fn what_prints_reads_back(decimal in large(), scale in 0_u8..=38) {
        let text = decimal.to_string();
        let read = Decimal::parse(&text).expect("it was printed");
        prop_assert_eq!((read.mantissa, read.scale), (decimal.mantissa, decimal.scale));
        prop_assert_eq!(shown(Decimal::parse_rounded(&text, scale)), shown(decimal.round(scale)));
        prop_assert_eq!(decimal.to_f64().to_bits(), (text.parse::<f64>().expect("a number") + 0.0).to_bits());
    }

    #[test]
    fn a_few_digits_are_what_many_are(text in "[0-9]{0,11}[.]?[0-9]{0,9}[.x]?") {
        let parts = |decimal: Decimal| (decimal.mantissa, decimal.scale);
        let whole = Digits::of(&text).and_then(|digits| digits.exact());
        prop_assert_eq!(Decimal::parse(&text).map(parts), whole.map(parts));
    }

    #[test]
    fn small_ones_compute_as_integers_do(a in small(), b in small()) {
        // Both as integers of one scale: ten digits behind the point and more are never needed.
        let unit = |d: Decimal| d.rescale(10).expect("it fits").mantissa;
        let (x, y) = (unit(a), unit(b));
        prop_assert_eq!(a.checked_add(b).map(unit), Some(x + y));
        prop_assert_eq!(a.compare(&b), x.cmp(&y));
        let product = a.checked_mul(b).and_then(|d| d.rescale(20)).map(|d| d.mantissa);
        prop_assert_eq!(product, Some(x * y));
        if y != 0 {
            prop_assert_eq!(a.checked_rem(b).map(unit), Some(x % y));
            let ten = 10_i128.pow(10);
            let exact = x * ten * 2;
            let rounded = (exact + y * if (x < 0) == (y < 0) { 1 } else { -1 }) / (2 * y);
            prop_assert_eq!(a.checked_div(b, 10).map(unit), Some(rounded));
        }
        prop_assert_eq!(a.floor().map(|d| d.mantissa), Some(x.div_euclid(10_i128.pow(10))));
    }

    #[test]
    fn large_ones_are_ordered_by_their_difference(a in large(), b in large()) {
        prop_assert_eq!(a.compare(&b), b.compare(&a).reverse());
        if let Some(difference) = b.checked_neg().and_then(|b| a.checked_add(b)) {
            prop_assert_eq!(a.compare(&b), { difference.mantissa }.cmp(&0));
        }
    }
}
