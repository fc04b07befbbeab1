//! What `GCDynamicEvent` holds: events that the collector makes up by itself, each with a name and a layout of its own.
//!
//! The layouts are those of `gcevents.h` and of what `gc.cpp` passes; all are little-endian without padding and begin with a
//! version, which is 1 so far. Kinds without a layout here keep their bytes in [`GCDynamicEvent::Data`].

use super::gc::GCDynamicEvent;
use super::record::{Cursor, Missing, Record};
use super::table::group;
use crate::error::EventError;

group! {
    /// Memory that the collector has committed, in bytes. Told at the end of each collection, from .NET 6 on.
    CommittedUsage {
        Version: u16,
        /// By heaps.
        TotalCommittedInUse: u64,
        /// To be given back soon.
        TotalCommittedInGlobalDecommit: u64,
        /// In free regions of heaps.
        TotalCommittedInFree: u64,
        /// In free regions of all heaps together.
        TotalCommittedInGlobalFree: u64,
        /// By the collector's own tables.
        TotalBookkeepingCommitted: u64,
    }
}

group! {
    /// How the number of heaps was adapted to the size of the application (DATAS, from .NET 9 on). A throughput cost is the
    /// part of the time that goes to collections, in percent.
    SizeAdaptationTuning {
        Version: u16,
        NewHeapCount: u16,
        MaxHeapCount: u16,
        MinHeapCount: u16,
        CurrentGCIndex: u64,
        /// In bytes.
        TotalSOHStableSize: u64,
        MedianThroughputCostPercent: f32,
        TcpToConsider: f32,
        CurrentAroundTargetAccumulation: f32,
        RecordedTcpCount: u16,
        RecordedTcpSlope: f32,
        NumGCsSinceLastChange: u32,
        AggressiveFactor: u8,
        ChangeDecision: u16,
        AdjustmentReason: u16,
        HeapCountChangeFrequencyFactor: u16,
        HeapCountFrequencyReason: u16,
        AdjustmentMetric: u8,
    }
}

group! {
    /// The same decision after full collections.
    SizeAdaptationFullGCTuning {
        Version: u16,
        NewHeapCount: u16,
        CurrentGCIndex: u64,
        MedianGen2Tcp: f32,
        NumGen2sSinceLastChange: u32,
        Sample0GCIndexDistance: u32,
        Sample0GCPercent: f32,
        Sample1GCIndexDistance: u32,
        Sample1GCPercent: f32,
        Sample2GCIndexDistance: u32,
        Sample2GCPercent: f32,
    }
}

group! {
    /// What such a decision is made of: one collection. Times are in microseconds.
    SizeAdaptationSample {
        Version: u16,
        GCIndex: u64,
        ElapsedBetweenGCs: u32,
        GCPauseTime: u32,
        /// Waiting for the lock of small objects' allocations.
        SOHMslWaitTime: u32,
        /// Waiting for the lock of large and pinned objects' allocations.
        UOHMslWaitTime: u32,
        /// In bytes.
        TotalSOHStableSize: u64,
        /// In bytes.
        Gen0BudgetPerHeap: u32,
    }
}

macro_rules! kinds {
    ($($kind:ident)*) => {
        /// The data of a [`GCDynamicEvent`] of a known kind.
        #[derive(Debug, Clone, Copy, PartialEq)]
        #[non_exhaustive]
        pub enum Dynamic<'a> {
            $(
                #[doc = concat!("`", stringify!($kind), "`.")]
                $kind($kind<'a>),
            )*
        }

        impl<'a> GCDynamicEvent<'a> {
            /// What the data says; `None` for kinds without a known layout. Data of a later version is read as the last known:
            /// later versions append.
            ///
            /// # Errors
            ///
            /// When the data is too short for its kind.
            ///
            /// ```
            /// use dotnet_events::runtime::gc::GCDynamicEvent;
            /// use dotnet_events::runtime::gc_dynamic::Dynamic;
            ///
            /// fn committed(event: &GCDynamicEvent<'_>) -> Option<u64> {
            ///     match event.dynamic()? {
            ///         Ok(Dynamic::CommittedUsage(usage)) => Some(usage.TotalCommittedInUse),
            ///         _ => None,
            ///     }
            /// }
            /// ```
            #[must_use]
            pub fn dynamic(&self) -> Option<Result<Dynamic<'a>, EventError>> {
                let mut cursor = Cursor::of_bytes(self.Data.as_bytes());
                $(
                    if self.Name == stringify!($kind) {
                        let read = $kind::read(&mut cursor).map(Dynamic::$kind);
                        return Some(read.map_err(|Missing| cursor.error(stringify!($kind))));
                    }
                )*
                None
            }
        }
    };
}

kinds! { CommittedUsage SizeAdaptationTuning SizeAdaptationFullGCTuning SizeAdaptationSample }
