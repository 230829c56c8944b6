# SPDX-License-Identifier: GPL-3.0-or-later
set(GREYLAG_APP_SOURCES
    api_access.cpp
    request_model.cpp)
set(GREYLAG_QML_FILES
    Server/ExampleCard.qml
    Server/RequestRow.qml
    Server/RequestTable.qml
    Server/SecretField.qml
    Server/ServerPage.qml)
