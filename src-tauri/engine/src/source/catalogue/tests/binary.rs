//! The smallest XLS that there is: a compound file ([MS-CFB]) with one workbook stream ([MS-XLS]).

const SECTOR: usize = 512;
const END: u32 = 0xffff_fffe;

fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    [&kind.to_le_bytes()[..], &(data.len() as u16).to_le_bytes(), data].concat()
}

fn label(row: u16, column: u16, text: &str) -> Vec<u8> {
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let count = text.encode_utf16().count() as u16;
    let head = [row.to_le_bytes(), column.to_le_bytes(), [0, 0], count.to_le_bytes()].concat();
    record(0x0204, &[&head[..], &[1], &units].concat())
}

/// Rows of texts, and then one with a number alone.
pub(super) fn xls(rows: &[&[&str]], number: Option<f64>) -> Vec<u8> {
    let bof =
        |kind: u16| record(0x0809, &[&0x0600_u16.to_le_bytes()[..], &kind.to_le_bytes(), &[0; 12]].concat());
    let end = record(0x000a, &[]);
    let height = rows.len() as u32 + u32::from(number.is_some());
    let mut sheet = bof(0x0010);
    let size =
        [&0_u32.to_le_bytes()[..], &height.to_le_bytes(), &[0, 0], &2_u16.to_le_bytes(), &[0, 0]].concat();
    sheet.extend(record(0x0200, &size));
    for (row, cells) in (0..).zip(rows) {
        for (column, text) in (0..).zip(*cells) {
            sheet.extend(label(row, column, text));
        }
    }
    if let Some(number) = number {
        let place = [(rows.len() as u16).to_le_bytes(), [0, 0], [0, 0]].concat();
        sheet.extend(record(0x0203, &[&place[..], &number.to_le_bytes()].concat()));
    }
    sheet.extend(&end);
    let mut globals = bof(0x0005);
    let name = b"Clips";
    let length = globals.len() + 4 + 8 + name.len() + end.len();
    let bound = [&(length as u32).to_le_bytes()[..], &[0, 0, name.len() as u8, 0], name].concat();
    globals.extend(record(0x0085, &bound));
    globals.extend(&end);
    globals.extend(sheet);
    compound(&globals)
}

/// A compound file with the stream `Workbook`.
fn compound(stream: &[u8]) -> Vec<u8> {
    // Shorter streams would lie in another stream.
    let mut stream = stream.to_vec();
    stream.resize(stream.len().max(4096).next_multiple_of(SECTOR), 0);
    let sectors = (stream.len() / SECTOR) as u32;
    let mut header = vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
    header.resize(24, 0);
    for word in [0x3e_u16, 3, 0xfffe, 9, 6, 0, 0, 0] {
        header.extend(word.to_le_bytes());
    }
    // No directory sectors (version 3), one FAT sector, the directory in sector 1, no mini streams.
    for word in [0_u32, 1, 1, 0, 4096, END, 0, END, 0, 0] {
        header.extend(word.to_le_bytes());
    }
    header.resize(SECTOR, 0xff);
    let mut fat: Vec<u8> = [0xffff_fffd_u32, END].iter().flat_map(|word| word.to_le_bytes()).collect();
    for sector in 0..sectors {
        let next = if sector + 1 == sectors { END } else { sector + 3 };
        fat.extend(next.to_le_bytes());
    }
    fat.resize(SECTOR, 0xff);
    let entry = |name: &str, kind: u8, child: u32, start: u32, size: u32| {
        let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let length = (entry.len() as u16 + 2).to_le_bytes();
        entry.resize(64, 0);
        entry.extend(length);
        entry.extend([kind, 1]);
        for word in [u32::MAX, u32::MAX, child] {
            entry.extend(word.to_le_bytes());
        }
        entry.resize(116, 0);
        entry.extend(start.to_le_bytes());
        entry.extend(size.to_le_bytes());
        entry.resize(128, 0);
        entry
    };
    let mut directory = entry("Root Entry", 5, 1, END, 0);
    directory.extend(entry("Workbook", 2, u32::MAX, 2, stream.len() as u32));
    directory.resize(SECTOR, 0);
    [header, fat, directory, stream].concat()
}
