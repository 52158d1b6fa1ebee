//! A stand-in for Salesforce on loopback.
