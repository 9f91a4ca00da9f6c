//! One function a command of the program: settings in, exit code out.
