//! HTTP, TLS, sockets.

use super::{enumerations, flags};

enumerations! {
    /// Which versions of HTTP a request may use, given the one it asks for.
    HttpVersionPolicy: u32 { 0 RequestVersionOrLower, 1 RequestVersionOrHigher, 2 RequestVersionExact }

    /// Why a socket failed. See `System.Net.Sockets.SocketError`.
    SocketError: u32 {
        0xffff_ffff Unspecified = "SocketError",
        0 Success,
        995 OperationAborted,
        997 IOPending,
        10004 Interrupted,
        10013 AccessDenied,
        10014 Fault,
        10022 InvalidArgument,
        10024 TooManyOpenSockets,
        10035 WouldBlock,
        10036 InProgress,
        10037 AlreadyInProgress,
        10038 NotSocket,
        10039 DestinationAddressRequired,
        10040 MessageSize,
        10041 ProtocolType,
        10042 ProtocolOption,
        10043 ProtocolNotSupported,
        10044 SocketNotSupported,
        10045 OperationNotSupported,
        10046 ProtocolFamilyNotSupported,
        10047 AddressFamilyNotSupported,
        10048 AddressAlreadyInUse,
        10049 AddressNotAvailable,
        10050 NetworkDown,
        10051 NetworkUnreachable,
        10052 NetworkReset,
        10053 ConnectionAborted,
        10054 ConnectionReset,
        10055 NoBufferSpaceAvailable,
        10056 IsConnected,
        10057 NotConnected,
        10058 Shutdown,
        10060 TimedOut,
        10061 ConnectionRefused,
        10064 HostDown,
        10065 HostUnreachable,
        10067 ProcessLimit,
        10091 SystemNotReady,
        10092 VersionNotSupported,
        10093 NotInitialized,
        10101 Disconnecting,
        10109 TypeNotFound,
        11001 HostNotFound,
        11002 TryAgain,
        11003 NoRecovery,
        11004 NoData,
    }
}

flags! {
    /// Versions of TLS. See `System.Security.Authentication.SslProtocols`.
    SslProtocols: u32 { 0xc Ssl2, 0x30 Ssl3, 0xc0 Tls, 0x300 Tls11, 0xc00 Tls12, 0x3000 Tls13 }
}
