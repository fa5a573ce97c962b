//! The second factor: codes of six digits by time (RFC 6238, SHA-1, 30 seconds, as every authenticator has it).

use domain::time::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use unit::Private;

/// Seconds of a step.
const STEP_SECONDS: i64 = 30;
/// A clock may be so many steps off, either way.
const STEPS_OFF: i64 = 1;
/// Bytes of a secret, as RFC 4226 asks for.
const SECRET_BYTES: usize = 20;
const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A new secret in base 32, from random bytes.
pub(crate) fn secret(random: [u8; 32]) -> Private {
    let mut text = String::with_capacity(SECRET_BYTES * 8 / 5);
    // Twenty bytes are thirty-two signs without a rest.
    for five in random[..SECRET_BYTES].chunks(5) {
        let bits = five.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        for place in (0..8).rev() {
            text.push(char::from(LETTERS[(bits >> (place * 5)) as usize & 31]));
        }
    }
    Private(text)
}

/// The bytes of a secret in base 32; `None` for anything else.
fn bytes(secret: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(SECRET_BYTES);
    let mut bits = 0_u64;
    for (at, sign) in secret.bytes().enumerate() {
        let value = LETTERS.iter().position(|letter| *letter == sign)?;
        bits = bits << 5 | value as u64;
        if at % 8 == 7 {
            bytes.extend_from_slice(&bits.to_be_bytes()[3..]);
            bits = 0;
        }
    }
    (bytes.len() == SECRET_BYTES && secret.len() == SECRET_BYTES * 8 / 5).then_some(bytes)
}

/// The code of a step (RFC 4226 §5.3).
fn code(secret: &[u8], step: u64) -> Option<u32> {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).ok()?;
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let from = usize::from(digest[19] & 15);
    let four: [u8; 4] = digest[from..from + 4].try_into().ok()?;
    Some((u32::from_be_bytes(four) & 0x7FFF_FFFF) % 1_000_000)
}

/// The step whose code was typed, if it is about that time's.
pub(crate) fn step_of(typed: &str, secret: &Private, now: Timestamp) -> Option<u64> {
    let digits: String = typed.chars().filter(|sign| !sign.is_whitespace()).collect();
    if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let typed: u32 = digits.parse().ok()?;
    let secret = bytes(&secret.0)?;
    let here = now.0.div_euclid(1000 * STEP_SECONDS);
    let mut found = None;
    // All of them are looked at, whichever fits: time tells nothing.
    for off in -STEPS_OFF..=STEPS_OFF {
        let step = u64::try_from(here + off).ok()?;
        let difference = code(&secret, step)? ^ typed;
        if difference == 0 {
            found = Some(step);
        }
    }
    found
}

/// What an authenticator reads from the picture.
pub(crate) fn address(secret: &Private, account: &str, unit: &str) -> String {
    format!("otpauth://totp/tongban:{account}@{unit}?secret={}&issuer=tongban&digits=6&period=30", secret.0)
}

/// The picture's dark squares, for an SVG without script or style.
pub(crate) struct Picture {
    /// Squares on each side, the empty margin included.
    pub(crate) side: usize,
    /// As an SVG's path.
    pub(crate) path: String,
}

/// The picture of an address; `None` for one that is too long.
pub(crate) fn picture(address: &str) -> Option<Picture> {
    const MARGIN: usize = 4;
    let code = fast_qr::QRBuilder::new(address).ecl(fast_qr::ECL::M).build().ok()?;
    let mut path = String::new();
    for row in 0..code.size {
        for column in 0..code.size {
            if code[row][column].value() {
                path.push_str(&format!("M{} {}h1v1h-1z", column + MARGIN, row + MARGIN));
            }
        }
    }
    Some(Picture { side: code.size + 2 * MARGIN, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, the last six of eight digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = b"12345678901234567890";
        for (seconds, expected) in [
            (59, 287_082),
            (1_111_111_109, 81_804),
            (1_111_111_111, 50_471),
            (1_234_567_890, 5_924),
            (2_000_000_000, 279_037),
            (20_000_000_000, 353_130),
        ] {
            assert_eq!(code(secret, seconds / 30), Some(expected), "{seconds}");
        }
    }

    #[test]
    fn a_secret_is_read_back_and_its_code_found_within_a_step() {
        let random: [u8; 32] = std::array::from_fn(|at| (at as u8).wrapping_mul(37));
        let secret = secret(random);
        assert_eq!(bytes(&secret.0).unwrap(), random[..20]);
        assert_eq!(bytes("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap(), b"12345678901234567890");
        for wrong in [
            "",
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ",
            "gezdgnbvgy3tqojqgezdgnbvgy3tqojq",
            "GEZDGNBVGY3TQOJ1GEZDGNBVGY3TQOJQ",
        ] {
            assert_eq!(bytes(wrong), None, "{wrong}");
        }
        let (now, step) = (Timestamp(1_770_685_200_000), 1_770_685_200 / 30);
        let typed = |step| format!("{:06}", code(&random[..20], step).unwrap());
        for (off, found) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let of = u64::try_from(i64::from(off) + step).unwrap();
            assert_eq!(step_of(&typed(of), &secret, now), found.then_some(of), "{off}");
        }
        let spaced = typed(u64::try_from(step).unwrap());
        assert!(step_of(&format!(" {} {}", &spaced[..3], &spaced[3..]), &secret, now).is_some());
        for wrong in ["", "12345", "1234567", "12345x", "+12345"] {
            assert_eq!(step_of(wrong, &secret, now), None, "{wrong}");
        }
    }

    #[test]
    fn the_picture_holds_nothing_but_squares() {
        let address = address(&secret([9; 32]), "officer", "370811000000");
        assert!(address.starts_with("otpauth://totp/tongban:officer@370811000000?secret="));
        let picture = picture(&address).unwrap();
        assert!(picture.side > 25 && picture.path.starts_with("M4 4h1v1h-1z"), "a corner is dark");
        assert!(picture.path.chars().all(|sign| sign.is_ascii_digit() || " Mhvz-".contains(sign)), "{}", picture.path);
    }
}
