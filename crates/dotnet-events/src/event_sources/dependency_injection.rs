//! `Microsoft-Extensions-DependencyInjection`: services that are made. Long texts come in chunks, numbered from 0. Ids
//! are given out in the order of first use.

use super::table::event_source;

event_source! {
    1 CallSiteBuilt "CallSiteBuilt" {
        serviceType: utf16,
        /// As JSON.
        callSite: utf16,
        chunkIndex: i32,
        chunkCount: i32,
        serviceProviderHashCode: i32 since 0,
    }
    2 ServiceResolved "ServiceResolved" { serviceType: utf16, serviceProviderHashCode: i32 since 0 }
    3 ExpressionTreeGenerated "ExpressionTreeGenerated" {
        serviceType: utf16,
        nodeCount: i32,
        serviceProviderHashCode: i32 since 0,
    }
    4 DynamicMethodBuilt "DynamicMethodBuilt" {
        serviceType: utf16,
        /// In bytes of IL.
        methodSize: i32,
        serviceProviderHashCode: i32 since 0,
    }
    5 ScopeDisposed "ScopeDisposed" {
        serviceProviderHashCode: i32,
        scopedServicesResolved: i32,
        disposableServices: i32,
    }
    6 ServiceRealizationFailed "ServiceRealizationFailed" {
        exceptionMessage: utf16,
        serviceProviderHashCode: i32,
    }
    7 ServiceProviderBuilt "ServiceProviderBuilt" {
        serviceProviderHashCode: i32,
        singletonServices: i32,
        scopedServices: i32,
        transientServices: i32,
        closedGenericsServices: i32,
        openGenericsServices: i32,
    }
    8 ServiceProviderDescriptors "ServiceProviderDescriptors" {
        serviceProviderHashCode: i32,
        /// As JSON.
        descriptors: utf16,
        chunkIndex: i32,
        chunkCount: i32,
    }
}
