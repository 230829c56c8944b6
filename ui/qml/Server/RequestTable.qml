// SPDX-License-Identifier: GPL-3.0-or-later
// Requests of API clients, newest first, live.
import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Greylag

Card {
    id: root

    title: qsTr("Requests")

    RequestModel {
        id: requests

        engine: Engine
    }
    Body {
        Layout.fillWidth: true
        visible: requests.count === 0
        muted: true
        text: qsTr("Nothing yet. Requests of other programs appear here while they run.")
    }
    RequestRow {
        Layout.fillWidth: true
        visible: requests.count > 0
        isHead: true
    }
    ListView {
        Layout.fillWidth: true
        Layout.topMargin: -Theme.s
        Layout.preferredHeight: Math.min(contentHeight, 320)
        visible: requests.count > 0
        clip: true
        model: requests
        boundsBehavior: Flickable.StopAtBounds
        Accessible.role: Accessible.Table
        Accessible.name: qsTr("Requests")
        T.ScrollBar.vertical: AppScrollBar {}

        delegate: RequestRow {
            required property var model

            width: ListView.view.width
            route: model.route
            modelName: model.modelName
            requestState: model.requestState
            status: model.status
            seconds: model.seconds
            tokens: model.completionTokens
            tokensPerSecond: model.tokensPerSecond
            roofShare: model.roofShare
            started: model.started
        }
    }
}
