//! Which file is mapped where.

/// Mappings kept. The kernel's own limit is 65 530 where nobody has raised it (`vm.max_map_count`).
const MAX_MAPPINGS: usize = 1 << 18;

/// The mappings of a process that hold code, by address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mappings {
    /// By their starts. They do not overlap, if the kernel wrote them.
    all: Vec<Mapping>,
}

/// A part of a process's memory that holds code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// Its first address.
    pub start: u64,
    /// The address behind it.
    pub end: u64,
    /// Where in the file it begins, in bytes.
    pub offset: u64,
    /// The file's number in its file system; 0 for memory without a file.
    pub inode: u64,
    /// The file as the process sees it; `[vdso]` and the like for the kernel's, empty for memory without a file.
    pub path: Vec<u8>,
}

/// What the kernel appends to the path of a file that has been removed.
const DELETED: &[u8] = b" (deleted)";

impl Mappings {
    /// Reads what `/proc/PID/maps` says (proc(5)). Lines that make no sense are left out.
    #[must_use]
    pub fn parse(maps: &[u8]) -> Self {
        let lines = maps.split(|byte| *byte == b'\n');
        let mut all: Vec<Mapping> = lines.filter_map(Mapping::parse).take(MAX_MAPPINGS).collect();
        all.sort_by_key(|mapping| mapping.start);
        Self { all }
    }

    /// The mapping that an address is in.
    #[must_use]
    pub fn find(&self, address: u64) -> Option<&Mapping> {
        let next = self.all.partition_point(|mapping| mapping.start <= address);
        self.all.get(next.checked_sub(1)?).filter(|mapping| address < mapping.end)
    }
}

impl Mapping {
    /// Reads a line: `start-end permissions offset device inode path`. `None` for memory without code.
    fn parse(line: &[u8]) -> Option<Self> {
        let mut rest = line;
        let mut field = || {
            let field = rest.trim_ascii_start();
            let end = field.iter().position(|byte| *byte == b' ').unwrap_or(field.len());
            let (field, behind) = field.split_at_checked(end)?;
            rest = behind;
            std::str::from_utf8(field).ok()
        };
        let (start, end) = field()?.split_once('-')?;
        let is_code = field()?.contains('x');
        let (offset, _device, inode) = (field()?, field()?, field()?);
        let mapping = Self {
            start: u64::from_str_radix(start, 16).ok()?,
            end: u64::from_str_radix(end, 16).ok()?,
            offset: u64::from_str_radix(offset, 16).ok()?,
            inode: inode.parse().ok()?,
            // It may hold blanks.
            path: rest.trim_ascii_start().to_vec(),
        };
        (is_code && mapping.start < mapping.end).then_some(mapping)
    }

    /// Whether it shows a file that can still be opened by its path.
    #[must_use]
    pub fn has_file(&self) -> bool {
        self.inode != 0 && self.path.starts_with(b"/") && !self.path.ends_with(DELETED)
    }

    /// Where in the file an address of it is, in bytes.
    #[must_use]
    pub fn offset_of(&self, address: u64) -> Option<u64> {
        address.checked_sub(self.start)?.checked_add(self.offset)
    }

    /// The name of the file without its directory.
    #[must_use]
    pub fn file_name(&self) -> String {
        let name = self.path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        String::from_utf8_lossy(name).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPS: &[u8] = b"\
7f7106650000-7f7106651000 r--p 00000000 fe:00 10060756      /app/System.Private.CoreLib.dll\n\
7f7106660000-7f710711c000 r-xp 00000000 fe:00 10060756      /app/System.Private.CoreLib.dll\n\
7f71075e0000-7f71075e6000 r-xs 00131000 00:01 248013        /memfd:doublemapper (deleted)\n\
7f7200000000-7f7200010000 r-xp 0001d000 fe:00 77            /opt/my app/lib x.so\n\
7f7200010000-7f7200020000 r-xp 00000000 00:00 0 \n\
7ffd1000-7ffd2000 r-xp 00000000 00:00 0                     [vdso]\n";

    #[test]
    fn an_address_is_in_one_mapping_of_code() {
        let mappings = Mappings::parse(MAPS);
        let file = |address| mappings.find(address).map(Mapping::file_name);
        assert_eq!(file(0x7f71_0665_0010), None, "data");
        assert_eq!(file(0x7f71_0665_ffff), None);
        assert_eq!(file(0x7f71_0666_0000).as_deref(), Some("System.Private.CoreLib.dll"));
        assert_eq!(file(0x7f71_0711_c000), None, "the end is behind it");
        assert_eq!(file(0x7f72_0000_0000).as_deref(), Some("lib x.so"));
        assert_eq!(file(0x7f72_0001_0000).as_deref(), Some(""));
        assert_eq!(file(0x7ffd_1000).as_deref(), Some("[vdso]"));
        assert_eq!(file(0), None);
        assert_eq!(file(u64::MAX), None);
        let library = mappings.find(0x7f72_0000_0123).unwrap();
        assert_eq!(library.path, b"/opt/my app/lib x.so");
        assert_eq!((library.inode, library.offset_of(0x7f72_0000_0123)), (77, Some(0x1_d123)));
        assert_eq!(library.offset_of(1), None);
    }

    #[test]
    fn only_files_that_are_there_can_be_opened() {
        let mappings = Mappings::parse(MAPS);
        let has_file = |address| mappings.find(address).unwrap().has_file();
        assert!(has_file(0x7f71_0666_0000));
        assert!(!has_file(0x7f71_075e_0000), "removed");
        assert!(!has_file(0x7f72_0001_0000), "no file");
        assert!(!has_file(0x7ffd_1000), "the kernel's");
    }

    #[test]
    fn lines_that_make_no_sense_are_left_out() {
        let odd: &[&[u8]] = &[
            b"",
            b"\n\n",
            b"-",
            b"1-2",
            b"1-2 r-xp",
            b"2-1 r-xp 0 0:0 0 /x",
            b"1-2 r-xp z 0:0 0 /x",
            b"1-fffffffffffffffff r-xp 0 0:0 0 /x",
            b"\xff-\xff r-xp 0 0:0 0 /x",
        ];
        for text in odd {
            assert_eq!(Mappings::parse(text), Mappings::default(), "{text:?}");
        }
        assert!(Mappings::parse(b"1-2 r-xp 0 0:0 0 /\xff").find(1).unwrap().file_name().contains('\u{fffd}'));
    }
}
