//! The functions of a file that was mapped, by its symbol tables.
//!
//! Libraries as they are shipped have only the functions that others may call (`.dynsym`), others all (`.symtab`). So code is
//! named by a symbol only when that symbol covers it: the next symbol before it may be far away and something else.

use std::cell::Cell;
use std::ops::Range;

use object::elf::{FileHeader32, FileHeader64, PT_LOAD, SHN_UNDEF, SHT_DYNSYM, SHT_SYMTAB, SectionType};
use object::elf::{STB_LOCAL, STT_FUNC, STT_GNU_IFUNC, STT_NOTYPE};
use object::read::elf::{FileHeader, ProgramHeader as _, SectionTable, Sym as _};
use object::{Endianness, FileKind, ReadCache, ReadCacheOps, ReadRef};

use super::demangle::demangle;

/// Bytes of a file that are read: its headers and the symbols themselves. The runtime's own are some 5 MB.
const MAX_BYTES: u64 = 1 << 27;

/// How often a symbol may cover an address, all addresses together.
const MAX_MATCHES: usize = 1 << 24;

/// Why a file has no names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ElfError {
    /// It is of another kind, such as an assembly.
    #[error("it is not an ELF file")]
    OtherKind,
    /// It cannot be read, makes no sense, or is too large.
    #[error("it cannot be read as an ELF file: {0}")]
    Unreadable(String),
}

impl From<object::Error> for ElfError {
    fn from(error: object::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// What is at some place of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A function, by its name.
    Function(String),
    /// Code that no symbol covers, at this address of the file: what `addr2line` and debuggers take.
    Nameless(u64),
    /// Nothing that is loaded as code or data.
    Outside,
}

/// What is at those places of a file, in bytes from its start.
///
/// # Errors
/// When it is no ELF file, or one that cannot be read.
pub fn places(file: impl ReadCacheOps, offsets: &[u64]) -> Result<Vec<Place>, ElfError> {
    let (cache, left) = (ReadCache::new(file), Cell::new(MAX_BYTES));
    let data = Bounded { cache: &cache, left: &left };
    match FileKind::parse(data) {
        Ok(FileKind::Elf32) => find::<FileHeader32<Endianness>, _>(data, offsets),
        Ok(FileKind::Elf64) => find::<FileHeader64<Endianness>, _>(data, offsets),
        _ => Err(ElfError::OtherKind),
    }
}

fn find<Elf, R>(data: Bounded<'_, R>, offsets: &[u64]) -> Result<Vec<Place>, ElfError>
where
    Elf: FileHeader<Endian = Endianness>,
    R: ReadCacheOps,
{
    let header = Elf::parse(data)?;
    let endian = header.endian()?;
    let segments = header.program_headers(endian, data)?;
    let address_of = |offset: u64| {
        segments.iter().filter(|segment| segment.p_type(endian) == PT_LOAD).find_map(|segment| {
            let (start, size) = segment.file_range(endian);
            let inside = offset.checked_sub(start).filter(|inside| *inside < size)?;
            segment.p_vaddr(endian).into().checked_add(inside)
        })
    };
    let addresses: Vec<Option<u64>> = offsets.iter().map(|offset| address_of(*offset)).collect();
    let mut wanted: Vec<Wanted> = addresses.iter().flatten().map(|address| Wanted::at(*address)).collect();
    wanted.sort_unstable_by_key(|wanted| wanted.address);
    wanted.dedup_by_key(|wanted| wanted.address);
    let sections = header.sections(endian, data)?;
    for kind in [SHT_SYMTAB, SHT_DYNSYM] {
        name::<Elf, R>(data, endian, &sections, kind, &mut wanted)?;
    }
    let place = |address: Option<u64>| {
        let Some(address) = address else { return Place::Outside };
        let found = wanted.binary_search_by_key(&address, |wanted| wanted.address);
        let name = found.ok().and_then(|index| wanted.get(index)?.name.clone());
        name.map_or(Place::Nameless(address), Place::Function)
    };
    Ok(addresses.into_iter().map(place).collect())
}

/// An address that wants a name.
#[derive(Debug)]
struct Wanted {
    address: u64,
    name: Option<String>,
    /// The best symbol of the table at hand: where it starts, whether others may call it, and its index.
    best: Option<(u64, bool, usize)>,
}

impl Wanted {
    fn at(address: u64) -> Self {
        Self { address, name: None, best: None }
    }
}

/// Names the addresses that one of the symbol tables covers. Of symbols that overlap, that which starts last is the most exact.
fn name<'d, Elf, R>(
    data: Bounded<'d, R>,
    endian: Endianness,
    sections: &SectionTable<'d, Elf, Bounded<'d, R>>,
    kind: SectionType,
    wanted: &mut [Wanted],
) -> Result<(), ElfError>
where
    Elf: FileHeader<Endian = Endianness>,
    R: ReadCacheOps,
{
    let symbols = sections.symbols(endian, data, kind)?;
    let mut matches = 0;
    for (index, symbol) in symbols.iter().enumerate() {
        let is_function = matches!(symbol.st_type(), STT_FUNC | STT_GNU_IFUNC | STT_NOTYPE);
        if !is_function || symbol.st_shndx(endian) == SHN_UNDEF {
            continue;
        }
        let start: u64 = symbol.st_value(endian).into();
        let end = start.saturating_add(symbol.st_size(endian).into());
        let first = wanted.partition_point(|wanted| wanted.address < start);
        let rank = (start, symbol.st_bind() != STB_LOCAL, index);
        for wanted in wanted.iter_mut().skip(first).take_while(|wanted| wanted.address < end) {
            matches += 1;
            let is_better = |best: (u64, bool, usize)| (rank.0, rank.1) > (best.0, best.1);
            if wanted.best.is_none_or(is_better) {
                wanted.best = Some(rank);
            }
        }
        if matches > MAX_MATCHES {
            return Err(ElfError::Unreadable("its symbols overlap too often".to_owned()));
        }
    }
    for wanted in wanted {
        let Some((_, _, index)) = wanted.best.take().filter(|_| wanted.name.is_none()) else { continue };
        let symbol = symbols.symbol(object::SymbolIndex(index))?;
        let name = symbol.name(endian, symbols.strings())?;
        wanted.name = Some(demangle(name)).filter(|name| !name.is_empty());
    }
    Ok(())
}

/// A file of which only so much is read. Sizes in it are not to be trusted, and it may be far larger than what is on disk.
struct Bounded<'d, R: ReadCacheOps> {
    cache: &'d ReadCache<R>,
    /// Bytes that may still be read.
    left: &'d Cell<u64>,
}

impl<R: ReadCacheOps> Clone for Bounded<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R: ReadCacheOps> Copy for Bounded<'_, R> {}

impl<'d, R: ReadCacheOps> ReadRef<'d> for Bounded<'d, R> {
    fn len(self) -> Result<u64, ()> {
        self.cache.len()
    }

    fn read_bytes_at(self, offset: u64, size: u64) -> Result<&'d [u8], ()> {
        self.left.set(self.left.get().checked_sub(size).ok_or(())?);
        self.cache.read_bytes_at(offset, size)
    }

    fn read_bytes_at_until(self, range: Range<u64>, delimiter: u8) -> Result<&'d [u8], ()> {
        let found = self.cache.read_bytes_at_until(range, delimiter)?;
        self.left.set(self.left.get().checked_sub(found.len() as u64).ok_or(())?);
        Ok(found)
    }
}
