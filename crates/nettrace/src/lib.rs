//! The NetTrace format of .NET EventPipe: a push decoder without I/O.
