//! rclone's `obscure`: passwords in its configuration are hidden from a glance, not protected.
//!
//! AES-256 in counter mode under a key that is published in rclone's source
//! (`fs/config/obscure/obscure.go`); the first 16 bytes are the counter's start; the whole is base64
//! for URLs without padding.

use aes::Aes256;
use aes::cipher::{KeyIvInit, StreamCipher};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const KEY: [u8; 32] = [
    0x9c, 0x93, 0x5b, 0x48, 0x73, 0x0a, 0x55, 0x4d, 0x6b, 0xfd, 0x7c, 0x63, 0xc8, 0x86, 0xa9, 0x2b, 0xd3,
    0x90, 0x19, 0x8e, 0xb8, 0x12, 0x8a, 0xfb, 0xf4, 0xde, 0x16, 0x2b, 0x8b, 0x95, 0xf6, 0x38,
];

const COUNTER: usize = 16;

/// The password that was obscured. None: this was not made by `rclone obscure`.
pub(super) fn reveal(obscured: &str) -> Option<String> {
    let mut bytes = URL_SAFE_NO_PAD.decode(obscured).ok()?;
    let (counter, hidden) = bytes.split_at_mut_checked(COUNTER)?;
    let counter: [u8; COUNTER] = (&*counter).try_into().ok()?;
    ctr::Ctr128BE::<Aes256>::new(&KEY.into(), &counter.into()).apply_keystream(hidden);
    let text = std::str::from_utf8(hidden).ok()?;
    // What was written in plain turns into noise, which seldom is text and never typed.
    (!text.contains(|char: char| char.is_control())).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rclone_obscured_is_revealed() {
        // rclone obscure 's3cret!' and hallo, with rclone 1.75.2.
        assert_eq!(reveal("USw9FqhvWjKBoX6mHxpkaEJ3oJMfWNQ").as_deref(), Some("s3cret!"));
        assert_eq!(reveal("KoR50feiUcatQzw-Ln9wUKFd8sbO").as_deref(), Some("hallo"));
    }

    #[test]
    fn anything_else_is_not() {
        for plain in ["", "hunter2", "not base64!", "AAAAAAAAAAAAAAAAAAAA", "aGFsbG8gd2VsdCBoYWxsbyB3ZWx0"] {
            assert_eq!(reveal(plain), None, "{plain}");
        }
    }
}
