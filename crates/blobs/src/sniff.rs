//! What a file is, by its first bytes.

use domain::files::MediaType;

/// So many first bytes are enough to tell.
pub const SNIFFED_BYTES: usize = 8 * 1024;

/// What a file is that begins with these bytes, or is these bytes; `None` for what is not taken.
pub fn sniff(first: &[u8]) -> Option<MediaType> {
    match infer::get(first)?.mime_type() {
        "application/pdf" => Some(MediaType::Pdf),
        "image/jpeg" => Some(MediaType::Jpeg),
        "image/png" => Some(MediaType::Png),
        "image/tiff" => Some(MediaType::Tiff),
        "image/webp" => Some(MediaType::Webp),
        "image/heif" | "image/heic" => Some(MediaType::Heif),
        "image/bmp" => Some(MediaType::Bmp),
        // A zip whose root document is OFD.xml (GB/T 33190, 6.2); writers put it first or near to it.
        "application/zip" if first.windows(ROOT.len()).any(|part| part == ROOT) => Some(MediaType::Ofd),
        _ => None,
    }
}

const ROOT: &[u8] = b"OFD.xml";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_decide() {
        let ofd = [&b"PK\x03\x04\x14\0\0\0\0\0"[..], &[0; 16], b"\x07\0\0\0OFD.xml<ofd:OFD"].concat();
        let zip = [&b"PK\x03\x04\x14\0\0\0\0\0"[..], &[0; 16], b"\x07\0\0\0run.exe"].concat();
        for (first, media) in [
            (&b"%PDF-1.7\n"[..], Some(MediaType::Pdf)),
            (b"\xFF\xD8\xFF\xE0\0\x10JFIF", Some(MediaType::Jpeg)),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Some(MediaType::Png)),
            (b"II*\0\x08\0\0\0\0\0\0\0", Some(MediaType::Tiff)),
            (b"RIFF\x24\0\0\0WEBPVP8 ", Some(MediaType::Webp)),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Some(MediaType::Heif)),
            (b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0", Some(MediaType::Bmp)),
            (&ofd, Some(MediaType::Ofd)),
            (&zip, None),
            (b"MZ\x90\0\x03\0\0\0", None),
            (b"<html><script>", None),
            (b"", None),
        ] {
            assert_eq!(sniff(first), media, "{:?}", String::from_utf8_lossy(first));
        }
    }
}
