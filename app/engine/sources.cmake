# SPDX-License-Identifier: GPL-3.0-or-later
set(GREYLAG_APP_SOURCES
    engine_call.cpp
    engine_client.cpp
    engine_process.cpp
    engine_state.cpp
    engine_stream.cpp
    sse_parser.cpp)
